"""Stop the processes of a command at a known moment, and find those and the files that it has left, on Linux."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
HOOK = Path(__file__).with_name("hold")

TAG = "PROCESS_TAG"  # an environment variable, which all processes of a command inherit
LONGEST = 300  # seconds until a command that hangs fails a test


@contextmanager
def running(command: Sequence[object], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """Run a command, and wait for it at the end. If the test fails it is killed, as it may never end by itself."""
    with subprocess.Popen([str(word) for word in command], **options) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


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


@contextmanager
def killed_at_end(tag: str) -> Iterator[None]:
    """Kill the processes with the tag that are left at the end; without this, a test waits for stopped ones forever."""
    try:
        yield
    finally:
        for pid in tagged(tag):
            with suppress(ProcessLookupError):  # it has ended meanwhile
                os.kill(pid, signal.SIGKILL)


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


def is_stopped(pid: int) -> bool:
    """Return whether a process is stopped by a signal."""
    return _state(pid) == "T"


def has_ended(pid: int) -> bool:
    """Return whether a process has ended, also if its parent, which may be another one now, has not waited for it."""
    return _state(pid) in ("", "X", "Z")


def _state(pid: int) -> str:
    """Return the state of a process as the kernel names it; '' if there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Hold:
    """Stops the first process of a command, a worker or itself, that opens a file whose path contains ``file``.

    So a test acts at the same moment on machines of any speed. ``mark`` is the path of a new file. ``program`` limits
    it to processes with this text in their command line.
    """

    file: str
    mark: Path
    program: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the command."""
        path = os.pathsep.join((str(HOOK), str(ROOT)))
        return {"PYTHONPATH": path, "HOLD_AT": self.file, "HOLD_MARK": str(self.mark), "HOLD_PROGRAM": self.program}

    def apply(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let workers that this process starts be stopped."""
        monkeypatch.syspath_prepend(HOOK)
        for name, value in self.environment.items():
            monkeypatch.setenv(name, value)

    def holds(self) -> bool:
        """Return whether a process is stopped."""
        return self.mark.exists() and self.mark.read_text() != "" and is_stopped(self.pid)

    def wait(self, command: subprocess.Popen[str]) -> None:
        """Wait until a process is stopped. Fails if the command ends before."""
        wait_until(lambda: self.holds() or command.poll() is not None, LONGEST)
        assert self.holds(), f"no process has opened {self.file}; exit status of the command: {command.poll()}"

    @property
    def pid(self) -> int:
        """The process that was stopped."""
        return int(self.mark.read_text())

    def release(self) -> None:
        """Continue the stopped process."""
        os.kill(self.pid, signal.SIGCONT)
