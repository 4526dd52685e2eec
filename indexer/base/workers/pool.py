"""One kind of work, wherever it runs."""

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

# A backend, the module that runs tasks on it, and the extra that installs it.
_BACKENDS = {
    "loky": ("local", ""),
    "threading": ("local", ""),
    "dask": ("on_dask", "dask"),
    "ray": ("on_ray", "ray"),
}
BACKENDS = tuple(_BACKENDS)


@dataclass(frozen=True, slots=True)
class WorkerPool(Generic[Task, Result]):
    """A function that can be sent to a worker, and how a task of many items is cut in parts.

    ``is_pass`` tells tasks whose items lie one behind the other (:mod:`indexer.base.workers.bisection`).

    Where the engine retries a lost worker's task, the function runs again: it has to leave the same result.
    ``shared`` are the folders that the function writes to or reads from, beside the sources: workers on other machines
    have to see them.
    """

    function: Callable[[Task], Result]
    workers: Workers
    split: Callable[[Task], Sequence[Task]] | None = None
    shared: tuple[Path, ...] = ()
    is_pass: Callable[[Task], bool] = lambda _: False

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, "Result | WorkerCrashed"]]:
        """Yield each task with its result as it is done, in no order that may be relied on.

        A task that kills its worker is cut in parts, where it can be, until the killer is alone. An exception that the
        function raises ends the run and is raised here; bad data is a result, not an exception.

        Raises:
            ConfigError: no such backend, no scheduler answers, or a worker on another machine lacks something.
            DependencyError: the backend's package is not installed.
        """
        yield from self._split_crashed(self._answers(tasks))

    def _split_crashed(
        self, answers: Iterable[tuple[Task, "Result | WorkerCrashed"]]
    ) -> Iterator[tuple[Task, "Result | WorkerCrashed"]]:
        for task, result in answers:
            if self.split is None or not isinstance(result, WorkerCrashed):
                yield task, result
            elif self.is_pass(task):
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
        run = engine.run_suspects if are_suspects else engine.run
        if not self.workers.elsewhere:
            yield from run(self.function, tasks, self.workers)
            return
        with needed(self.shared) as needs:
            yield from run(partial(checked, needs, self.function), tasks, self.workers)


def _engine(backend: str) -> Any:
    if backend not in _BACKENDS:
        raise ConfigError(f"no backend '{backend}': there is {', '.join(_BACKENDS)}")
    module, extra = _BACKENDS[backend]
    try:
        return importlib.import_module(f"indexer.base.workers.{module}")
    except ImportError as error:
        raise DependencyError(
            f"--backend {backend} needs packages that are not installed ({error.name}):"
            f" pip install 'image-manifest[{extra}]'"
        ) from error
