"""Scan and build under random kills and faults, and compare the results with those of an undisturbed run.

Each round copies the source, scans and builds it several times with a fault or kill in each run, and once without. Then
the manifest's rows, the dataset's bytes and ``materializer verify`` must agree with the undisturbed run.
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
    """Disturb scans and builds for MINUTES."""
    rounds, ends = 0, Counter[str]()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        calm = undisturbed(Path(folder, "calm"))
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end:
            differences = disturbed(calm, Path(folder, "disturbed"), random.Random(f"{seed} {rounds}"), ends)
            rounds += 1
            if differences:
                sys.exit(f"round {rounds - 1} of seed {seed}: {'; '.join(differences)}")
    print(f"{rounds} rounds, {ends.total()} disturbed runs ({dict(ends)}): 0 differences")


def undisturbed(folder: Path) -> World:
    """Make a world, scan it, select from it and build."""
    world = faults.make(folder)
    for step in (world.scan, world.select, world.build):
        done = step()
        if done and done.returncode:
            sys.exit(done.stderr)
    return world


def disturbed(calm: World, folder: Path, chance: random.Random, ends: Counter[str]) -> list[str]:
    """Return the differences from ``calm`` after disturbed runs over the same files."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(calm.folder / "in", folder / "in")
    shutil.copy(calm.folder / "local.cfg", folder)
    world = World(folder)
    for _ in range(DISTURBED):
        ends[_disturbed_run(world, "scan", chance)] += 1
    found = [] if _status(world.scan()) in (0, 1) else ["an undisturbed scan fails"]
    if _status(world.scan()) or world.rows() != calm.rows():
        found.append("the manifest's rows differ")
    world.select()
    for _ in range(DISTURBED):
        ends[_disturbed_run(world, "build", chance)] += 1
    if _status(world.build()) or world.built() != calm.built():
        found.append("the build differs")
    if _status(world.run("materializer", "verify", "out/built", "--quiet")):
        found.append("verify finds differences")
    return found


def _status(done: subprocess.CompletedProcess[str]) -> int:
    if done.returncode:
        print(done.stderr, file=sys.stderr)
    return done.returncode


def _disturbed_run(world: World, step: str, chance: random.Random) -> str:
    """Run once with a fault at the n-th call or a kill; return how the run ended."""
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
    """End the workers of a killed run, which wait for a while before they exit."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    main()
