"""The time limit of a task, set inside its worker."""

import contextlib
import signal
from collections.abc import Iterator

_LONGEST = 1e9  # seconds: timers refuse values that their clock cannot count


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Let the kernel end this worker process if the block takes longer: nothing else interrupts C code that hangs.

    Does nothing outside a process's main thread, where no timer can be set.
    """
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    except ValueError:
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, min(seconds, _LONGEST))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
