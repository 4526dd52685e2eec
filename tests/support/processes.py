"""Find the processes and the files that a command has left, on Linux."""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

TAG = "PROCESS_TAG"  # an environment variable, which all processes of a command inherit


def tagged(tag: str) -> dict[int, str]:
    """Return the command lines of the processes with the tag that run, by PID."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            if f"{TAG}={tag}\0".encode() in (folder / "environ").read_bytes():
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # ended, or of another user
            continue
    return found


def workers(tag: str) -> list[int]:
    """Return the PIDs of joblib's workers with the tag."""
    return [pid for pid, command in tagged(tag).items() if "popen_loky_posix" in command]


def temporary_files(pid: int) -> list[str]:
    """Return the semaphores and temporary folders of a process."""
    names = [name for folder in ("/dev/shm", tempfile.gettempdir()) for name in os.listdir(folder)]  # noqa: PTH208
    return [name for name in names if f"-{pid}-" in name or f"_{pid}_" in name]


def wait_until(condition: Callable[[], object], seconds: float = 60) -> bool:
    """Return whether the condition holds within a time."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True
