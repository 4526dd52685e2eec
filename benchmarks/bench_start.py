"""Wall time and CPU time of short commands, each beside its target: ``make bench-start``.

Each command is a process, timed from start to exit with its workers; the medians of some rounds are printed. Modules
are compiled before, as in an installation, and the user's cache has the declarations. The 20 sources are the first
declared ones, with the files of their test cases.

    python -m benchmarks.bench_start [--rounds N]
"""

import sys
import tempfile
from pathlib import Path

import click

from benchmarks.bench_build import pictures
from benchmarks.timing import HERE, Timing, empty_out, median, timed
from indexer.base import resources
from indexer.declarations import load
from tests.support import manifests
from tests.support.raw_rows import lines_of

SOURCES = 20
IMAGES = 200


@click.command()
@click.option("--rounds", default=5, show_default=True)
def main(rounds: int) -> None:
    """Make the images and sources, run the commands alternately, print their times."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        manifests.make(folder / "loose.duckdb", folder / "loose", pictures(IMAGES))
        rescan = ["-m", "indexer", "scan", "--quiet", "--config", _sources(folder / "sources")]
        commands = {
            "--help": (["-m", "indexer", "--help"], 0.15),
            "import indexer": (["-c", "import indexer"], 0.10),
            f"build of {IMAGES} images": (["-m", "benchmarks.contestants.ours", str(folder), "loose", "none"], 0.8),
            f"rescan of {SOURCES} unchanged sources": (rescan, 1.0),
        }
        for command, _ in commands.values():
            _timed(folder, command)  # compiles the modules, scans the sources
        timings: dict[str, list[Timing]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, (command, _) in commands.items():
                timings[name].append(_timed(folder, command))
        for name, (_, most) in commands.items():
            one = median(timings[name])
            met = "met" if one.wall <= most else "missed"
            print(f"{name:36} {one.wall:6.2f} s, {one.cpu:6.2f} CPU seconds   at most {most} s: {met}")


def _sources(folder: Path) -> str:
    """Create the files of some sources, empty, and return the configuration."""
    for source in load([resources.sources_folder()])[:SOURCES]:
        tree = lines_of(HERE / "tests" / "cases" / source.key / "tree.txt")
        for line in (line for line in tree if line and not line.startswith("#")):
            file = folder / source.default_folder / line.replace("!", "/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
    names = ("output_path", "tmp_cache_dir", "intermediate_outputs_path")
    lines = "".join(f"{name} = {folder / 'work'}\n" for name in names)
    config = folder / "local.cfg"
    config.write_text(f"[paths]\ninput_datasets_path = {folder}\n{lines}")
    return str(config)


def _timed(folder: Path, command: list[str]) -> Timing:
    empty_out(folder)
    return timed(folder, [sys.executable, *command], statuses=(0, 1))  # 1: the sources are not complete


if __name__ == "__main__":
    main()
