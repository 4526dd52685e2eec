"""Scan and build under random kills and faults; in the end everything is as if nobody had disturbed it.

Each round has a world of its own. It is scanned and built with a fault in every run until both went through, then once
more without; then rows, bytes and ``materializer verify`` are held against those of an undisturbed twin.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import click

from tests.support import faults
from tests.support.faults import Fault, World

DISTURBED = 4  # runs of each command in a round
CALLS = ("pwrite64", "write", "fdatasync", "fsync", "rename", "unlink", "ftruncate", "pread64")
ACTIONS = ("error=EIO", "error=ENOSPC", "error=EDQUOT", "signal=SIGKILL", "signal=SIGTERM")


@click.command()
@click.option("--minutes", type=float, default=60.0, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
def main(minutes: float, seed: int) -> None:
    """Disturb scans and builds until the time is up."""
    rounds, ends = 0, Counter[str]()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        calm = undisturbed(Path(folder, "calm"))
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end:
            differences = disturbed(calm, Path(folder, "stormy"), random.Random(f"{seed} {rounds}"), ends)
            rounds += 1
            if differences:
                sys.exit(f"round {rounds - 1} of seed {seed}: {'; '.join(differences)}")
    print(f"{rounds} rounds, {ends.total()} disturbed runs ({dict(ends)}): 0 differences")


def undisturbed(folder: Path) -> World:
    """A world that was scanned, selected from and built in peace."""
    world = faults.make(folder)
    for step in (world.scan, world.select, world.build):
        done = step()
        if done and done.returncode:
            sys.exit(done.stderr)
    return world


def disturbed(calm: World, folder: Path, chance: random.Random, ends: Counter[str]) -> list[str]:
    """What differs from ``calm`` after a storm over the same files."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(calm.folder / "in", folder / "in")
    shutil.copy(calm.folder / "local.cfg", folder)
    world = World(folder)
    for _ in range(DISTURBED):
        ends[_storm(world, "scan", chance)] += 1
    found = [] if _status(world.scan()) in (0, 1) else ["a scan in peace fails"]
    if _status(world.scan()) or world.rows() != calm.rows():
        found.append("the manifest's rows differ")
    world.select()
    for _ in range(DISTURBED):
        ends[_storm(world, "build", chance)] += 1
    if _status(world.build()) or world.built() != calm.built():
        found.append("the build differs")
    if _status(world.run("materializer", "verify", "out/built", "--quiet")):
        found.append("verify finds differences")
    return found


def _status(done: subprocess.CompletedProcess[str]) -> int:
    if done.returncode:
        print(done.stderr, file=sys.stderr)
    return done.returncode


def _storm(world: World, step: str, chance: random.Random) -> str:
    """One run with a fault at the n-th call, or killed after a while; returns how it ended."""
    options = {
        "scan": ["indexer", "scan", "--source", "synthbuster", "--quiet", "--jobs", "2"],
        "build": ["materializer", "build", "--selection", "all", "--output", "out/built", "--shard-size", "30KB",
                  "--jobs", "2", "--quiet"],
    }[step]  # fmt: skip
    command = world.command(*options)
    if chance.random() < 0.6:
        fault = Fault(chance.choice(CALLS), f"{chance.choice(ACTIONS)}:when={chance.randrange(1, 60)}")
        return _run(world, [*fault.command(world.folder / "strace.log"), *command], None)
    return _run(world, command, chance.uniform(0.5, 6.0))


def _run(world: World, command: list[str], moment: float | None) -> str:
    with world.start(command) as child:
        try:
            _, errors = child.communicate(timeout=moment) if moment else faults.heard(child)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            return "killed"
    _end_group(child.pid)
    if "Traceback" in errors and "error=" not in " ".join(command):
        print(errors, file=sys.stderr)
    return f"status {child.returncode}"


def _end_group(group: int) -> None:
    """Workers of a killed run wait for a while before they go."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    main()
