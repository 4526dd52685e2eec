"""Fixtures for tests of several folders."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Equal examples in every run, however slow the machine is; `make fuzz` looks for new ones.
settings.register_profile(
    "repeatable",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("repeatable")

# A process in the background ignores Ctrl-C, and so would the commands that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The user's cache of this process and its children: results of earlier sessions must not decide those of a test.
_CACHE = tempfile.TemporaryDirectory(prefix="test-cache-", ignore_cleanup_errors=True)
os.environ["XDG_CACHE_HOME"] = _CACHE.name


def pytest_unconfigure() -> None:
    """Remove the cache of this session, or of this worker."""
    _CACHE.cleanup()


Disk = Callable[[Path, str], Callable[[str], None]]


@pytest.fixture
def small_disk() -> Iterator[Disk]:
    """Return a function that mounts a disk of the given size at a folder and returns a function to enlarge it."""
    mounted: list[Path] = []

    def mount(folder: Path, size: str) -> Callable[[str], None]:
        folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("needs the right to mount a file system")
        mounted.append(folder)
        return lambda larger: subprocess.run(["mount", "-o", f"remount,size={larger}", folder], check=True) and None

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", folder], check=True)
