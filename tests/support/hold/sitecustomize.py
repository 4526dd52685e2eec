"""Stop the first process of a command that opens a certain file: see :class:`tests.support.processes.Hold`.

Python imports this module when it starts if its folder is in PYTHONPATH. Forked processes inherit the hook.
"""

import os
import signal
import sys

_FILE, _MARK, _PROGRAM = (os.environ.get(f"HOLD_{name}", "") for name in ("AT", "MARK", "PROGRAM"))


def _stop_once(event: str, arguments: tuple[object, ...]) -> None:
    if event != "open" or _FILE not in str(arguments[0]):
        return
    try:
        mark = os.open(_MARK, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError:  # a process was stopped before
        return
    os.write(mark, str(os.getpid()).encode())
    os.close(mark)
    os.kill(os.getpid(), signal.SIGSTOP)


if _FILE and _PROGRAM in " ".join(sys.orig_argv):
    sys.addaudithook(_stop_once)
