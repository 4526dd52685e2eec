"""One world, scanned and built without faults: the expected result of every run with faults."""

import shutil
from pathlib import Path

import pytest

from tests.support import faults
from tests.support.faults import World


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> World:
    return faults.make(tmp_path_factory.mktemp("undisturbed"))


@pytest.fixture(scope="session")
def undisturbed(files: World) -> World:
    done = files.scan()
    assert done.returncode == 0, done.stderr
    files.select()
    done = files.build()
    assert done.returncode == 0, done.stderr
    return files


@pytest.fixture
def world(files: World, tmp_path: Path) -> World:
    """The same files with their times, not scanned."""
    shutil.copytree(files.folder / "in", tmp_path / "in")
    shutil.copy(files.folder / "local.cfg", tmp_path)
    return World(tmp_path)


@pytest.fixture
def scanned(world: World, undisturbed: World) -> World:
    """The same files and their manifest."""
    shutil.copytree(undisturbed.folder / "index", world.folder / "index")
    return world
