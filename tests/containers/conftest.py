"""A tree that is grown once, and an empty folder to pack it into."""

from pathlib import Path

import pytest

from tests.support.archives import grow


@pytest.fixture(scope="session")
def forest(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """A folder with the tree ``set``, and what is in it by name."""
    folder = tmp_path_factory.mktemp("forest")
    return folder, grow(folder)


@pytest.fixture
def tree(forest: tuple[Path, dict[str, bytes]]) -> Path:
    """The folder that is packed."""
    return forest[0]


@pytest.fixture
def files(forest: tuple[Path, dict[str, bytes]]) -> dict[str, bytes]:
    """The packed files by name."""
    return forest[1]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where the archives go: a source's root."""
    folder = tmp_path / "root"
    folder.mkdir()
    return folder
