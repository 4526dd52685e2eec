"""``python -m fuzz``: run damaged cases until the time is up; print the target and seed of each find."""

import os
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import click

from fuzz import targets
from fuzz.judging import Case, judge
from indexer.base.workers import WorkerCrashed, WorkerPool, Workers

AT_A_TIME = 100


@click.command()
@click.option("--minutes", type=float, default=1.0, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="The first seed.")
@click.option("--target", "only", type=click.Choice(list(targets.names())), help="Only this one.")
@click.option("--keep", type=click.Path(path_type=Path), help="Write the files of --target and --seed here, and stop.")
def main(minutes: float, seed: int, only: str | None, keep: Path | None) -> None:
    """Damage archives and images, and check what the program makes of them."""
    if keep and only:
        keep.mkdir(parents=True, exist_ok=True)
        for name, data in Case(only, seed).files().items():
            (keep / name).write_bytes(data)
        return
    chosen = [only] if only else list(targets.names())
    done, found = 0, 0
    pool = WorkerPool(judge, Workers(os.cpu_count() or 1, memory=4 << 30), _halves)
    for cases, finds in pool.run(_until(time.monotonic() + 60 * minutes, chosen, seed)):
        done += len(cases)
        for case, why in [(cases[0], finds.reason)] if isinstance(finds, WorkerCrashed) else finds:
            found += 1
            print(f"{case.target} {case.seed}: {why}", flush=True)
    print(f"{done:,} cases of {len(chosen)} targets, {found} finds")
    sys.exit(1 if found else 0)


def _until(end: float, chosen: list[str], first: int) -> Iterator[tuple[Case, ...]]:
    for start in count(first, AT_A_TIME):
        for target in chosen:
            if time.monotonic() > end:
                return
            yield tuple(Case(target, seed) for seed in range(start, start + AT_A_TIME))


def _halves(cases: tuple[Case, ...]) -> list[tuple[Case, ...]]:
    middle = len(cases) // 2
    return [cases[:middle], cases[middle:]] if middle else []


if __name__ == "__main__":
    main()
