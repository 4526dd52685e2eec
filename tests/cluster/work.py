"""What the workers of the tests do; a module of its own, so that they can import it."""

import os
import signal
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEADLY = -1.0


def square(number):
    return number * number


def nap(seconds):
    """Sleep, or where that is DEADLY, kill this worker."""
    if seconds == DEADLY:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(seconds)


def die_at_13(span):
    if 13 in range(*span):
        os.kill(os.getpid(), signal.SIGKILL)
    return span[1] - span[0]


def die_once(flag):
    """Kill this worker the first time: where a lost worker's task runs again, the second time answers."""
    if not Path(flag).exists():
        Path(flag).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "answered"


def halves(span):
    low, high = span
    middle = (low + high) // 2
    return [(low, middle), (middle, high)] if high - low > 1 else []
