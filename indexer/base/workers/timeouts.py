"""The time limit of a task, set inside its worker."""

import signal
import threading
from functools import cache

_LONGEST = 1e9  # seconds: timers refuse values that their clock cannot count


class time_limit:  # noqa: N801 - named as a function, like contextlib.suppress
    """Let the kernel end this worker process if the block takes longer: nothing else interrupts C code that hangs.

    Does nothing outside a process's main thread, where no timer can be set. A class, because each image has one, and a
    generator costs three times as much.
    """

    __slots__ = ("_seconds", "_set")

    def __init__(self, seconds: float) -> None:
        self._seconds = min(seconds, _LONGEST)

    def __enter__(self) -> None:
        self._set = threading.get_ident() == threading.main_thread().ident
        if self._set:
            _use_default_action()
            signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def __exit__(self, *_: object) -> None:
        if self._set:
            signal.setitimer(signal.ITIMER_REAL, 0)


@cache
def _use_default_action() -> None:
    """Let the signal of the timer end this process; once, as this takes longer than to set the timer."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
