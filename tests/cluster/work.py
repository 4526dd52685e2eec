"""Functions of the tests' tasks, in a module that workers can import."""

import os
import signal
import time
from pathlib import Path

from tests.support.processes import wait_until

ROOT = Path(__file__).parents[2]
DEADLY = -1.0


def square(number):
    return number * number


def nap(seconds):
    """Sleep, or kill this worker if ``seconds`` is DEADLY."""
    if seconds == DEADLY:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(seconds)


def wait_for(path):
    """Wait until a file exists; return at once if ``path`` is empty. Returns whether it exists."""
    return not path or wait_until(Path(path).exists, 300)


def crash_at_13(span):
    if 13 in range(*span):
        os.kill(os.getpid(), signal.SIGKILL)
    return span[1] - span[0]


def crash_once(flag):
    """Kill this worker in the first attempt, return in the second."""
    if not Path(flag).exists():
        Path(flag).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "answered"


def halves(span):
    low, high = span
    middle = (low + high) // 2
    return [(low, middle), (middle, high)] if high - low > 1 else []
