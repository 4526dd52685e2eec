"""Run tasks on this machine by joblib.

When a worker crashes, joblib fails every task that was running. These suspects are run again, each in a process of its
own, so that only the task that crashes is answered with :class:`~indexer.base.workers.models.WorkerCrashed`.
"""

import os
import signal
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from itertools import chain
from multiprocessing import resource_tracker
from typing import Any, TypeVar

from joblib import Parallel, delayed
from joblib.externals.loky.backend import resource_tracker as loky_tracker
from joblib.externals.loky.process_executor import BrokenProcessPool

from indexer.base.processes import end_with_parent
from indexer.base.workers.in_worker import run_task
from indexer.base.workers.isolation import run_isolated
from indexer.base.workers.models import WorkerCrashed, Workers

Task = TypeVar("Task")
Result = TypeVar("Result")


def run(
    function: Callable[[Task], Result], tasks: Iterable[Task], workers: Workers
) -> Iterator[tuple[Task, Result | WorkerCrashed]]:
    """Yield each task with its result as it is done."""
    source = enumerate(tasks)
    for first in source:  # again after every crash, while there are tasks
        running: dict[int, Task] = {}
        calls = _calls(function, chain([first], source), running, workers)
        try:
            for index, result in _results(workers, calls):
                yield running.pop(index), result
        except BrokenProcessPool:
            suspects = [task for _, task in sorted(running.items())]
            yield from run_isolated(function, suspects, workers)
        finally:
            with suppress(ValueError):  # one of joblib's threads is reading the next call
                calls.close()  # joblib keeps it, and the tasks with it


def _results(workers: Workers, calls: Iterator[Any]) -> Iterator[Any]:
    """Start the calls in processes that ignore Ctrl-C, which reaches all of a group; this process ends the others."""
    _start_cleaners()  # joblib's first step; their start would lift the mask
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # a new process inherits the mask
    try:
        return iter(_pool(workers)(calls))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_cleaners() -> None:
    """Start the processes that remove this process's semaphores and folders if it is killed, without a warning."""
    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = "ignore"
    try:
        resource_tracker.ensure_running()
        loky_tracker.ensure_running()
    finally:
        del os.environ["PYTHONWARNINGS"]
        os.environ.update({"PYTHONWARNINGS": before} if before is not None else {})


def _pool(workers: Workers) -> Parallel:
    # With n_jobs=1 joblib would run tasks in this process; two workers and one task at a time prevent that.
    jobs, ahead = (2, 1) if workers.jobs == 1 else (workers.jobs, "2*n_jobs")
    watch = {} if workers.backend == "threading" else {"initializer": end_with_parent, "initargs": (os.getpid(),)}
    return Parallel(
        n_jobs=jobs,
        backend=workers.backend,
        **watch,
        return_as="generator_unordered",
        pre_dispatch=ahead,
        batch_size=1,
        mmap_mode=None,
        max_nbytes=None,
    )


def _calls(
    function: Callable[[Task], Result], source: Iterator[tuple[int, Task]], running: dict[int, Task], workers: Workers
) -> Generator[Any, None, None]:
    for index, task in source:
        running[index] = task
        yield delayed(_call)(function, index, task, workers)


def _call(
    function: Callable[[Task], Result], index: int, task: Task, workers: Workers
) -> tuple[int, Result | WorkerCrashed]:
    return index, run_task(function, task, workers)
