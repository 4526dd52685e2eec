from pathlib import Path

import pytest

from indexer.base import resources
from indexer.declarations import load
from indexer.manifest import store


@pytest.fixture(scope="session")
def sources():
    return {source.key: source for source in load([resources.sources_folder()])}


@pytest.fixture
def manifest(tmp_path: Path):
    with store.open_for_writing(tmp_path / "manifest.duckdb") as opened:
        yield opened
