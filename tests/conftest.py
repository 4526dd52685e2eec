"""What tests of several parts need of this machine."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Disk = Callable[[Path, str], Callable[[str], None]]


@pytest.fixture
def small_disk() -> Iterator[Disk]:
    """Mount a disk of so many bytes at a folder; what comes back makes it larger."""
    mounted: list[Path] = []

    def mount(folder: Path, size: str) -> Callable[[str], None]:
        folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("no right to mount a small disk")
        mounted.append(folder)
        return lambda larger: subprocess.run(["mount", "-o", f"remount,size={larger}", folder], check=True) and None

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", folder], check=True)
