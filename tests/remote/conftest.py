"""Object storage on loopback, and a manifest to scan it into."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer import store
from indexer.remote import storage as requests
from indexer.store import Store
from tests.support.storage import S3, Storage, Web


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    server = S3()
    before = dict(os.environ)
    os.environ.update(server.settings)
    yield server
    os.environ.clear()
    os.environ.update(before)
    server.close()


@pytest.fixture
def web() -> Iterator[Web]:
    server = Web()
    yield server
    server.close()


@pytest.fixture(params=["s3", "web"])
def storage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Storage:
    """Each kind of storage, waited for by tries without pauses."""
    monkeypatch.setattr(requests, "PAUSES", (0.0, 0.0))
    server: Storage = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def manifest(tmp_path: Path) -> Iterator[Store]:
    with store.open_for_writing(tmp_path / "manifest.duckdb") as opened:
        yield opened
