"""One world, scanned and built once undisturbed: what every disturbed run must come to."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import faults
from tests.support.faults import World


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = faults.make(tmp_path_factory.mktemp("undisturbed"))
    done = world.scan()
    assert done.returncode == 0, done.stderr
    world.select()
    done = world.build()
    assert done.returncode == 0, done.stderr
    return world


@pytest.fixture
def world(undisturbed: World, tmp_path: Path) -> World:
    """The same files, with their times; nothing is scanned."""
    shutil.copytree(undisturbed.folder / "in", tmp_path / "in")
    shutil.copy(undisturbed.folder / "local.cfg", tmp_path)
    return World(tmp_path)


@pytest.fixture
def scanned(world: World, undisturbed: World) -> World:
    """The same files and their manifest."""
    shutil.copytree(undisturbed.folder / "index", world.folder / "index")
    return world


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
