"""The time limit of a task, set inside its worker."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from functools import cache

_LONGEST = 1e9  # seconds: timers refuse values that their clock cannot count


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Let the kernel end this worker process if the block takes longer: nothing else interrupts C code that hangs.

    Does nothing outside a process's main thread, where no timer can be set.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _use_default_action()
    signal.setitimer(signal.ITIMER_REAL, min(seconds, _LONGEST))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@cache
def _use_default_action() -> None:
    """Let the signal of the timer end this process; once, as this takes longer than to set the timer."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
