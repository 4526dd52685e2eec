"""Object storage on loopback, and a manifest to scan it into."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

from indexer.base.remote import storage as requests
from indexer.manifest import store
from indexer.manifest.store import Store
from tests.support.hf import Hub
from tests.support.storage import Storage, Web

if TYPE_CHECKING:
    from tests.support.gs import GS
    from tests.support.s3 import S3

Server = TypeVar("Server", "S3", "GS", Hub)


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    pytest.importorskip("moto", reason="moto is not installed")
    from tests.support.s3 import S3  # noqa: PLC0415 - a package of `make test-slow`

    with _in_environment(S3()) as server:
        yield server


@pytest.fixture(scope="session")
def gs() -> Iterator[GS]:
    pytest.importorskip("gcp_storage_emulator", reason="gcp-storage-emulator is not installed")
    from tests.support.gs import GS  # noqa: PLC0415 - a package of `make test-slow`

    with _in_environment(GS()) as server:
        yield server


@pytest.fixture(scope="session")
def hf() -> Iterator[Hub]:
    with _in_environment(Hub()) as server:
        yield server


@contextmanager
def _in_environment(server: Server) -> Iterator[Server]:
    """Set the variables by which this process and its workers find a server."""
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


SLOW = pytest.mark.slow  # an emulator of another project


@pytest.fixture(params=[pytest.param("s3", marks=SLOW), pytest.param("gs", marks=SLOW), "hf", "web"])
def storage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Storage:
    """Each kind of storage; retries do not pause and listings are not cached."""
    monkeypatch.setattr(requests, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(requests, "LISTS_LAST", 0.0)
    server: Storage = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def manifest(tmp_path: Path) -> Iterator[Store]:
    with store.open_for_writing(tmp_path / "manifest.duckdb") as opened:
        yield opened
