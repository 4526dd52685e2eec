"""Workers of this machine, by joblib.

When a worker is killed, joblib fails everything that was under way. Those suspects are run again, each alone, so that
only the task that kills its worker is answered with :class:`~indexer.base.workers.models.Died`.
"""

import faulthandler
import logging
import os
import re
import resource
import signal
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from functools import cache
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any, TypeVar

from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import BrokenProcessPool

from indexer.base.startup import without_pandas
from indexer.base.workers.models import WorkerCrashed, Workers

Task = TypeVar("Task")
Result = TypeVar("Result")

ATTEMPTS = 2
_OUT_OF_MEMORY = 71  # exit status: EX_OSERR of sysexits.h
_NO_MEMORY = "needed more memory than its worker may have"


def run(
    function: Callable[[Task], Result], tasks: Iterable[Task], workers: Workers
) -> Iterator[tuple[Task, Result | WorkerCrashed]]:
    """Yield each task with its result as it is done."""
    source = enumerate(tasks)
    while True:
        under_way: dict[int, Task] = {}
        calls = _calls(function, source, under_way, workers)
        try:
            for index, result in _results(workers, calls):
                yield under_way.pop(index), result
        except BrokenProcessPool:
            for _, task in sorted(under_way.items()):
                yield task, _alone(function, task, workers)
        else:
            return
        finally:
            with suppress(ValueError):  # one of joblib's threads is asking for the next
                calls.close()  # joblib keeps it for good, and with it whatever the tasks are made of


def _alone(function: Callable[[Task], Result], task: Task, workers: Workers) -> Result | WorkerCrashed:
    """Run a suspect by itself, more than once: the first time it may have been another's victim."""
    reason = ""
    for _ in range(ATTEMPTS):
        try:
            [(_, result)] = _results(workers, _calls(function, iter([(0, task)]), {}, workers))
        except BrokenProcessPool as error:
            reason = _cause_of_death(str(error))
        else:
            return result  # type: ignore[no-any-return]
    return WorkerCrashed(reason)


def _results(workers: Workers, calls: Iterator[Any]) -> Iterator[Any]:
    """Start the calls. Ctrl-C reaches a whole group of processes; workers leave it to us, who end them."""
    resource_tracker.ensure_running()  # whose start, which is joblib's first step, would lift the mask
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # a process has the mask of who starts it
    try:
        return iter(_pool(workers)(calls))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _pool(workers: Workers) -> Parallel:
    # With n_jobs=1 joblib would run in this process; two workers and one task at a time keep it out.
    jobs, ahead = (2, 1) if workers.jobs == 1 else (workers.jobs, "2*n_jobs")
    return Parallel(
        n_jobs=jobs,
        backend=workers.backend,
        return_as="generator_unordered",
        pre_dispatch=ahead,
        batch_size=1,
        mmap_mode=None,
        max_nbytes=None,
    )


def _calls(
    function: Callable[[Task], Result], source: Iterator[tuple[int, Task]], under_way: dict[int, Task], workers: Workers
) -> Generator[Any, None, None]:
    for index, task in source:
        under_way[index] = task
        yield delayed(_call)(function, index, task, workers)


def _call(
    function: Callable[[Task], Result], index: int, task: Task, workers: Workers
) -> tuple[int, Result | WorkerCrashed]:
    if workers.backend == "loky":
        without_pandas()
        _hush()
        _bound_memory(workers.memory)
    try:
        return index, function(task)
    except MemoryError:
        if workers.backend == "loky":
            os._exit(_OUT_OF_MEMORY)  # what filled this process may still be held: the next task is to have a fresh one
        return index, WorkerCrashed(_NO_MEMORY)


def _hush() -> None:
    """A worker's death, and what is odd about an image, are told in a row by whoever runs the crew."""
    faulthandler.disable()
    warnings.filterwarnings("ignore", module=r"PIL\.")
    logging.getLogger("PIL").setLevel(logging.CRITICAL)


def _bound_memory(size: int | None) -> None:
    """A worker lives on for the next crew, so that having no bound is set as well."""
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (_own_size() + size if size else most, most))


@cache
def _own_size() -> int:
    """Bytes of data that this process has before its first task, as RLIMIT_DATA counts them; 0 where nothing tells.

    Arrow's allocator sets a gigabyte aside when it is first asked: a bound below that, were it counted from nothing,
    would leave a worker without any memory, and refuse whatever it is given.
    """
    try:
        return int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
    except OSError:
        return 0


def _cause_of_death(message: str) -> str:
    """The signal's name out of loky's message, in words."""
    found = re.search(r"(SIG[A-Z]+|EXIT)\((-?\d+)\)", message)
    name = found.group(1) if found else "unknown cause"
    if found and int(found.group(2)) == _OUT_OF_MEMORY:
        return _NO_MEMORY
    words = {"SIGALRM": "took longer than its time limit", "SIGSEGV": "crashed its reader (SIGSEGV)"}
    return words.get(name, f"ended its worker ({found.group(0) if found else name})")
