"""Simulations over many seeds, in all processors."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from joblib import Parallel, delayed

from indexer.manifest.store import Store
from indexer.selection import recipe
from indexer.selection.by_recipe import select
from tests.support.worlds import Picture, world

FIFTHS = "[split]\ntrain = 0.8\nvalidation = 0.2\n"
Case, Measured = TypeVar("Case"), TypeVar("Measured")


def over(measure: Callable[[Case], Measured], cases: Iterable[Case]) -> list[Measured]:
    """Return the results of ``measure`` for ``cases``, mostly seeds. $TRUST_JOBS is the number of processes."""
    jobs = int(os.environ.get("TRUST_JOBS") or os.cpu_count() or 1)
    return list(Parallel(n_jobs=jobs)(delayed(measure)(case) for case in cases))


@contextmanager
def manifest(pictures: list[Picture]) -> Iterator[Store]:
    """Open a manifest of ``pictures``, with one thread: there is one process per processor."""
    with tempfile.TemporaryDirectory() as folder, world(Path(folder) / "m.duckdb", pictures) as store:
        store.execute("set threads = 1")
        yield store


def splits_of(pictures: list[Picture], text: str) -> dict[str, str]:
    """Return the split of each image that a recipe selects, without spares."""
    with manifest(pictures) as store:
        select(store, recipe.parse(text), "x")
        return dict(store.execute("select file_id, split from selection where role <> 'spare'"))
