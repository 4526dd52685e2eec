"""Object storage on loopback, and a manifest to scan it into."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from indexer.base.remote import storage as requests
from indexer.manifest import store
from indexer.manifest.store import Store
from tests.support.gs import GS
from tests.support.hf import Hub
from tests.support.storage import S3, Storage, Web

Server = TypeVar("Server", S3, GS, Hub)


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    with _told_of(S3()) as server:
        yield server


@pytest.fixture(scope="session")
def gs() -> Iterator[GS]:
    with _told_of(GS()) as server:
        yield server


@pytest.fixture(scope="session")
def hf() -> Iterator[Hub]:
    with _told_of(Hub()) as server:
        yield server


@contextmanager
def _told_of(server: Server) -> Iterator[Server]:
    """Let this process and its workers know of a server."""
    before = {name: os.environ.get(name) for name in server.settings}
    os.environ.update(server.settings)
    yield server
    for name, value in before.items():
        os.environ.pop(name, None) if value is None else os.environ.update({name: value})
    server.close()


@pytest.fixture
def web() -> Iterator[Web]:
    server = Web()
    yield server
    server.close()


@pytest.fixture(params=["s3", "gs", "hf", "web"])
def storage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Storage:
    """Each kind of storage, waited for by tries without pauses, and listed anew each time."""
    monkeypatch.setattr(requests, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(requests, "LISTS_LAST", 0.0)
    server: Storage = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def manifest(tmp_path: Path) -> Iterator[Store]:
    with store.open_for_writing(tmp_path / "manifest.duckdb") as opened:
        yield opened
