"""Scan, select and build a small AI-GenBench, against its published steps: ``make bench-world``.

The world has the sixteen origins of AI-GenBench v1, about 3,800 images of 200 to 288 pixels, packed as they are
distributed: see ``benchmarks/world``. The selection has 40 images of each of 36 generators and as many real ones. The
other contestant extracts, converts and saves the same selected images with the standard tools:
``benchmarks/contestants/world.py``. Every step is a process, timed from start to exit, with two workers. Rounds are
interleaved. Modules are compiled before the first round, as in an installation.

    python -m benchmarks.bench_world [--rounds N] [--per-generator N]
"""

import os
import sys
import tempfile
from pathlib import Path

import click

from benchmarks.timing import Target, Timing, empty_out, median, timed
from benchmarks.world.making import PER_GENERATOR, make, write_selected

OURS, PUBLISHED = "scan + select + build", "extract + from_generator + save_to_disk"
TARGET = Target(PUBLISHED, OURS, least=2.0)


@click.command()
@click.option("--rounds", default=3, show_default=True)
@click.option("--per-generator", default=PER_GENERATOR, show_default=True)
def main(rounds: int, per_generator: int) -> None:
    """Make the world, run the contestants alternately, print their times and the ratio."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as temporary:
        folder = Path(temporary)
        images = make(folder, per_generator)
        _ours(folder)  # compiles the modules
        write_selected(folder)
        timings: dict[str, list[Timing]] = {name: [] for name in (*_steps(folder), OURS, PUBLISHED)}
        for _ in range(rounds):
            steps = _ours(folder)
            for name, one in steps.items():
                timings[name].append(one)
            timings[OURS].append(
                Timing(sum(one.wall for one in steps.values()), sum(one.cpu for one in steps.values()))
            )
            empty_out(folder)
            timings[PUBLISHED].append(
                timed(folder, [sys.executable, "-m", "benchmarks.contestants.world", str(folder)])
            )
        print(f"\na small AI-GenBench: {images:,} images of sixteen origins, {72 * per_generator:,} of them selected")
        for name, one in ((name, median(found)) for name, found in timings.items()):
            print(f"{name:48} {one.wall:7.2f} s, {one.cpu:6.2f} CPU seconds")
        print(f"{'ratio':62} {'wall':>6} {'CPU':>6}   target")
        print(TARGET.text(timings))


def _steps(folder: Path) -> dict[str, list[str]]:
    options = [f"--config={folder / 'local.cfg'}", "--jobs=2", "--quiet"]
    return {
        "scan": ["indexer", "scan", *options],
        "select": ["indexer", "select", str(folder / "recipe.toml"), "--name=world", *options],
        "build": ["materializer", "build", "--selection=world", f"--output={folder / 'out' / 'built'}", *options],
    }


def _ours(folder: Path) -> dict[str, Timing]:
    empty_out(folder)
    return {name: timed(folder, [sys.executable, "-m", *words]) for name, words in _steps(folder).items()}


if __name__ == "__main__":
    main()
