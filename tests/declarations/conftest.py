import pytest

from indexer.base import resources
from indexer.declarations import load
from tests.scanning.conftest import manifest  # noqa: F401 - a fixture


@pytest.fixture(scope="session")
def sources():
    return {source.key: source for source in load([resources.sources_folder()])}
