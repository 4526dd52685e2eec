"""Object storage on loopback, and a manifest to scan it into."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

import pytest

from indexer.base.remote import storage as requests
from tests.scanning.conftest import manifest  # noqa: F401 - a fixture
from tests.support.hf import Hub
from tests.support.storage import Storage, Web

if TYPE_CHECKING:
    from tests.support.gs import GS
    from tests.support.s3 import S3

Server = TypeVar("Server", "S3", "GS", Hub)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3]:
    pytest.importorskip("moto", reason="moto is not installed")
    from tests.support.s3 import S3  # noqa: PLC0415 - a package of `make test-slow`

    server = S3()
    yield server
    server.close()


@pytest.fixture
def s3(s3_server: S3, monkeypatch: pytest.MonkeyPatch) -> S3:
    return _found(s3_server, monkeypatch)


@pytest.fixture(scope="session")
def gs_server() -> Iterator[GS]:
    pytest.importorskip("gcp_storage_emulator", reason="gcp-storage-emulator is not installed")
    from tests.support.gs import GS  # noqa: PLC0415 - a package of `make test-slow`

    server = GS()
    yield server
    server.close()


@pytest.fixture
def gs(gs_server: GS, monkeypatch: pytest.MonkeyPatch) -> GS:
    return _found(gs_server, monkeypatch)


@pytest.fixture(scope="session")
def hf_server() -> Iterator[Hub]:
    server = Hub()
    yield server
    server.close()


@pytest.fixture
def hf(hf_server: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    return _found(hf_server, monkeypatch)


def _found(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Set the variables by which this process and its workers find a server, for one test."""
    for name, value in server.settings.items():
        monkeypatch.setenv(name, value)
    return server


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
