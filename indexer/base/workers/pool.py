"""Run one function over many tasks, on any backend."""

import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from indexer.base.errors import ConfigError, DependencyError
from indexer.base.workers.bisection import Search
from indexer.base.workers.models import WorkerCrashed, Workers
from indexer.base.workers.worker_checks import checked, needed

Task = TypeVar("Task")
Result = TypeVar("Result")

# Backend -> the module that runs tasks on it, and the extra that installs it.
_BACKENDS = {
    "loky": ("local", ""),
    "threading": ("local", ""),
    "dask": ("on_dask", "dask"),
    "ray": ("on_ray", "ray"),
}
BACKENDS = tuple(_BACKENDS)
CLUSTERS = tuple(name for name, (_, extra) in _BACKENDS.items() if extra)


@dataclass(frozen=True, slots=True)
class WorkerPool(Generic[Task, Result]):
    """A function that workers run, and the parts into which a task of many items can be split.

    ``is_sequential`` is true for tasks whose items are read in order (:mod:`indexer.base.workers.bisection`).
    ``shared`` are the folders, besides the sources, that the function reads or writes: all machines must have them.
    ``is_long``: a task takes so long that a process of its own, which costs 10 ms, is cheaper than a pool.

    An engine may run a task twice, so the function must be idempotent.
    """

    function: Callable[[Task], Result]
    workers: Workers
    split: Callable[[Task], Sequence[Task]] | None = None
    shared: tuple[Path, ...] = ()
    is_sequential: Callable[[Task], bool] = lambda _: False
    is_long: bool = False

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, "Result | WorkerCrashed"]]:
        """Yield each task with its result when it is done, in no particular order.

        A task that crashes its worker is split, if possible, until the crashing item is alone. An exception of the
        function ends the run and is raised here; bad data is a result, not an exception.

        Raises:
            ConfigError: the backend is unknown, no scheduler answers, or a worker lacks a folder or a version.
            DependencyError: the backend's package is not installed.
        """
        yield from self._split_crashed(self._answers(tasks))

    def _split_crashed(
        self, answers: Iterable[tuple[Task, "Result | WorkerCrashed"]]
    ) -> Iterator[tuple[Task, "Result | WorkerCrashed"]]:
        for task, result in answers:
            if self.split is None or not isinstance(result, WorkerCrashed):
                yield task, result
            elif self.is_sequential(task):
                yield from Search(self._answer, self.split).around(task, result)
            elif len(parts := self.split(task)) > 1:
                yield from self._split_crashed(self._answers(parts, are_suspects=True))
            else:
                yield task, result

    def _answer(self, task: Task) -> "Result | WorkerCrashed":
        [(_, answer)] = self._answers([task], are_suspects=True)
        return answer

    def _answers(
        self, tasks: Iterable[Task], *, are_suspects: bool = False
    ) -> Iterator[tuple[Task, "Result | WorkerCrashed"]]:
        engine = _engine(self.workers.backend)
        isolated = are_suspects or (self.is_long and self.workers.backend == "loky")
        run = engine.run_isolated if isolated else engine.run
        if not self.workers.elsewhere:
            yield from run(self.function, tasks, self.workers)
            return
        with needed(self.shared) as needs:
            yield from run(partial(checked, needs, self.function), tasks, self.workers)


def _engine(backend: str) -> Any:
    if backend not in _BACKENDS:
        raise ConfigError(f"unknown backend '{backend}': there are {', '.join(_BACKENDS)}")
    module, extra = _BACKENDS[backend]
    try:
        return importlib.import_module(f"indexer.base.workers.{module}")
    except ImportError as error:
        raise DependencyError(
            f"--backend {backend} needs packages that are not installed ({error.name}):"
            f" pip install 'image-manifest[{extra}]'"
        ) from error
