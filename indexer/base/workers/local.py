"""Run tasks on this machine: a few by processes of their own, more by joblib."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import TypeVar

from indexer.base.workers.isolation import run_isolated
from indexer.base.workers.models import WorkerCrashed, Workers

Task = TypeVar("Task")
Result = TypeVar("Result")

__all__ = ["run", "run_isolated"]


def run(
    function: Callable[[Task], Result], tasks: Iterable[Task], workers: Workers
) -> Iterator[tuple[Task, Result | WorkerCrashed]]:
    """Yield each task with its result as it is done.

    No more tasks than workers need no queue: joblib would start all workers, and helpers that take half a second.
    """
    source = iter(tasks)
    first = list(islice(source, workers.jobs + 1)) if workers.backend == "loky" else []
    if workers.backend == "loky" and len(first) <= workers.jobs:
        yield from run_isolated(function, first, workers)
        return
    from indexer.base.workers import on_joblib  # noqa: PLC0415 - 0.1 s to load

    yield from on_joblib.run(function, chain(first, source), workers)
