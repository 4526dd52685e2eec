"""End a command within two seconds after SIGINT or SIGTERM, and at once after the second signal.

The first signal raises KeyboardInterrupt in the main thread, which then ends the command in order. A thread ends the
process if this takes too long: the main thread may be inside C code, or wait for a worker or a lock.
"""

import os
import select
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

_GRACE_SECONDS = 1.2  # for the main thread
_REPORT_SECONDS = 0.3  # standard error may be a full pipe

received: list[int] = []  # in the main thread
_reports: list[Callable[[], int]] = []  # of all commands that this process has run


def handle_signals(report: Callable[[], int]) -> None:
    """Treat SIGTERM like Ctrl-C. Keep ignoring Ctrl-C if the parent process ignores it.

    ``report`` prints the message about an interruption, once, and returns the exit status.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    _reports.append(report)
    if len(_reports) > 1:  # tests run several commands in one process
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)  # written even if the main thread runs no Python code
    threading.Thread(target=_watch, args=[reader], daemon=True, name="signals").start()


def ignore_sigterm() -> None:
    """Ignore SIGTERM while the interpreter exits, where an exception could not be handled."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def kill_workers() -> None:
    """Kill joblib's workers, for which exit functions would wait. Forked servers end when their input closes."""
    import multiprocessing  # noqa: PLC0415 - slow, and loaded already if there are workers

    for child in multiprocessing.active_children():
        with suppress(ProcessLookupError):
            os.kill(child.pid or 0, signal.SIGKILL)


def _interrupt(number: int, frame: FrameType | None) -> None:
    received.append(number)
    if len(received) == 1:  # the thread below handles the second one
        signal.default_int_handler(number, frame)


def _watch(reader: int) -> None:
    while os.read(reader, 1)[0] not in (signal.SIGINT, signal.SIGTERM):
        pass
    select.select([reader], [], [], _GRACE_SECONDS)  # until the second signal
    reporting = threading.Thread(target=_reports[-1], daemon=True)
    reporting.start()
    reporting.join(_REPORT_SECONDS)
    os._exit(128 + signal.SIGINT)  # the kernel ends the workers (indexer.base.processes)
