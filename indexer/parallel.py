"""Tasks in worker processes that may die without taking the run along.

Joblib does the work. What it lacks is told here: when a worker is killed, joblib fails everything that was under way.
We run those suspects again, each alone; one that kills its worker twice is told apart (or split, where it can be) and
answered with :class:`Died`, and the rest goes on.
"""

import contextlib
import faulthandler
import re
import resource
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import BrokenProcessPool

Task = TypeVar("Task")
Result = TypeVar("Result")

ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class Workers:
    """How tasks are run. ``memory`` (bytes) bounds each worker process; None leaves it alone."""

    jobs: int = 1
    backend: str = "loky"
    scheduler: str | None = None
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class Died:
    """The task's worker ended without an answer, every time it was tried."""

    reason: str


@dataclass(frozen=True, slots=True)
class Crew(Generic[Task, Result]):
    """One kind of work: a function that can be sent to a worker, and how a task of many items is cut in parts."""

    function: Callable[[Task], Result]
    workers: Workers
    split: Callable[[Task], Sequence[Task]] | None = None

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, "Result | Died"]]:
        """Yield each task with its result as it is done, in no order that may be relied on.

        An exception that the function raises ends the run and is raised here; bad data is a result, not an exception.
        """
        source = enumerate(tasks)
        while True:
            under_way: dict[int, Task] = {}
            try:
                for index, result in self._pool()(self._calls(source, under_way)):
                    yield under_way.pop(index), result
            except BrokenProcessPool:
                for _, task in sorted(under_way.items()):
                    yield from self._alone(task)
            else:
                return

    def _alone(self, task: Task) -> Iterator[tuple[Task, "Result | Died"]]:
        """Run a suspect by itself; where it goes on killing its worker, its parts."""
        reason = ""
        for _ in range(ATTEMPTS):
            try:
                for _, result in self._pool()(self._calls(iter([(0, task)]), {})):
                    yield task, result
            except BrokenProcessPool as error:
                reason = _cause_of_death(str(error))
            else:
                return
        parts = self.split(task) if self.split else ()
        if len(parts) < 2:
            yield task, Died(reason)
        for part in parts if len(parts) > 1 else ():
            yield from self._alone(part)

    def _pool(self) -> Parallel:
        # With n_jobs=1 joblib would run in this process; two workers and one task at a time keep it out.
        jobs, ahead = (2, 1) if self.workers.jobs == 1 else (self.workers.jobs, "2*n_jobs")
        return Parallel(
            n_jobs=jobs,
            backend=self.workers.backend,
            return_as="generator_unordered",
            pre_dispatch=ahead,
            batch_size=1,
            mmap_mode=None,
            max_nbytes=None,
        )

    def _calls(self, source: Iterator[tuple[int, Task]], under_way: dict[int, Task]) -> Iterator[Any]:
        for index, task in source:
            under_way[index] = task
            yield delayed(_call)(self.function, index, task, self.workers)


def _call(function: Callable[[Task], Result], index: int, task: Task, workers: Workers) -> tuple[int, Result]:
    faulthandler.disable()  # a worker's death is told in one line by whoever runs the crew
    if workers.memory and workers.backend == "loky":
        resource.setrlimit(resource.RLIMIT_DATA, (workers.memory, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    return index, function(task)


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Let the kernel end this worker process if the block takes longer: C code that hangs hears nothing else.

    Does nothing outside a process's main thread, where no timer can be set.
    """
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    except ValueError:
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _cause_of_death(message: str) -> str:
    """The signal's name out of loky's message, in words."""
    found = re.search(r"(SIG[A-Z]+|EXIT)\((-?\d+)\)", message)
    name = found.group(1) if found else "unknown cause"
    words = {"SIGALRM": "took longer than its time limit", "SIGSEGV": "crashed its reader (SIGSEGV)"}
    return words.get(name, f"ended its worker ({found.group(0) if found else name})")
