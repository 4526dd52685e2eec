"""Run one task inside a worker process, under its limits; and name the cause if the process ends during the task."""

import faulthandler
import logging
import os
import resource
import signal
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

from indexer.base.startup import without_pandas
from indexer.base.workers.models import WorkerCrashed, Workers

Task = TypeVar("Task")
Result = TypeVar("Result")

OUT_OF_MEMORY = 71  # exit status: EX_OSERR of sysexits.h
_NO_MEMORY = "needed more memory than its worker may have"
_REASONS = {
    OUT_OF_MEMORY: _NO_MEMORY,
    -signal.SIGALRM: "took longer than its time limit",
    -signal.SIGSEGV: "crashed its reader (SIGSEGV)",
}


def run_task(function: Callable[[Task], Result], task: Task, workers: Workers) -> Result | WorkerCrashed:
    """Return the result of ``function``. A task that runs out of memory ends a worker process."""
    if workers.backend == "threading":
        try:
            return function(task)
        except MemoryError:
            return WorkerCrashed(_NO_MEMORY)
    without_pandas()
    _silence()
    _limit_memory(workers.memory)
    try:
        return function(task)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # its data may still be referenced: the next task needs a new process


def crash_reason(exit_code: int) -> str:
    """Return why a process ended. ``exit_code`` is the negative signal number if a signal ended it."""
    if exit_code in _REASONS:
        return _REASONS[exit_code]
    name = signal.Signals(-exit_code).name if -exit_code in set(signal.Signals) else "EXIT"
    return f"ended its worker ({name}({exit_code}))"


def _silence() -> None:
    """Print neither tracebacks of crashes nor warnings about images: the caller records both in rows."""
    faulthandler.disable()
    warnings.filterwarnings("ignore", module=r"PIL\.")
    logging.getLogger("PIL").setLevel(logging.CRITICAL)


def _limit_memory(size: int | None) -> None:
    """Limit the process to ``size`` bytes more than its own; None removes the limit of an earlier pool."""
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (_own_size() + size if size else most, most))


@cache
def _own_size() -> int:
    """Return the bytes of data of this process before its first task, as RLIMIT_DATA counts them; 0 if unknown.

    Arrow's allocator reserves a gigabyte at its first use, so a limit that does not include it would refuse every task.
    """
    try:
        return int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
    except OSError:
        return 0
