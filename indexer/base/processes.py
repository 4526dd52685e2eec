"""End processes with their parent, and remove the temporary files of processes that were killed."""

import ctypes
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_POLL_SECONDS = 0.5

_PREFIX = "image-manifest-"
# Semaphores and folders of joblib, and folders of this program. All contain the PID of their owner.
_LEFTOVER = re.compile(rf"(?:sem\.loky-|joblib_memmapping_folder_|{_PREFIX})(\d+)[-_]")
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where Linux keeps named semaphores


def end_with_parent(parent: int) -> None:
    """End this process when the thread that started it ends; ``parent`` is the PID of that thread's process.

    Ends this process at once if the parent has ended already.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    else:
        threading.Thread(target=_poll_parent, args=(parent,), daemon=True).start()
    if os.getppid() != parent:
        os._exit(1)


def _poll_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    os._exit(1)


@contextmanager
def scratch_folder(purpose: str) -> Iterator[Path]:
    """Yield a new folder for temporary files. If this process is killed, the next command removes it."""
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-{purpose}-") as folder:
        yield Path(folder)


def remove_leftovers() -> None:
    """Remove this user's semaphores and temporary folders whose owner was killed together with joblib's cleaner.

    Processes of another PID namespace with the same /dev/shm seem to have ended, too. Their running workers have opened
    their semaphores already; a worker that starts afterwards fails, and its task runs again.
    """
    for folder in {_SHARED_MEMORY, Path(tempfile.gettempdir())}:
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if (found := _LEFTOVER.match(entry.name)) and not _runs(int(found[1])):
                    _remove(entry)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _remove(entry: os.DirEntry[str]) -> None:
    with suppress(OSError):
        if entry.stat(follow_symlinks=False).st_uid != os.getuid():
            return
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            os.unlink(entry.path)  # noqa: PTH108
