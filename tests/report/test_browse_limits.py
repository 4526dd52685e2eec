"""Many, slow and silent clients do not stop the server, and its log stays small."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from indexer.base.workers import Workers, isolation
from indexer.browsing.image_reader import ImageReader, ImageRequest
from indexer.reporting.models import Thumbnail
from tests.report.conftest import ROOT
from tests.support import gallery
from tests.support.processes import Hold, wait_until

_FILES = 64


@pytest.fixture
def start(folder: Path, tmp_path: Path) -> Iterator[Callable[[], tuple[str, Path]]]:
    """Return a function that starts a server with few file descriptors; it returns its URL and its log."""
    servers: list[subprocess.Popen[str]] = []

    def run() -> tuple[str, Path]:
        log = tmp_path / f"log{len(servers)}.txt"
        script = f'ulimit -n {_FILES}; exec "$0" -m indexer browse --jobs 1 --quiet 2> "{log}"'
        command = ["bash", "-c", script, sys.executable]
        settings = {**os.environ, "PYTHONPATH": str(ROOT)}
        server = subprocess.Popen(command, cwd=folder, env=settings, stdout=subprocess.PIPE, text=True)
        servers.append(server)
        assert server.stdout
        return server.stdout.readline().strip(), log

    yield run
    for server in servers:
        server.terminate()
        server.communicate()


def status(address: str, path: str = "") -> int:
    """Return the status of a request."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    try:
        connection.request("GET", parts.path + path)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def _answers(address: str) -> bool:
    try:
        return status(address, "api/rows") == 200
    except OSError:  # it has no file descriptor yet
        return False


@pytest.mark.slow
def test_server_survives_more_connections_than_file_descriptors(start) -> None:
    address, log = start()
    assert status(address, "api/rows") == 200
    parts = urlsplit(address)
    with ExitStack() as stack:
        for _ in range(3 * _FILES):
            stack.enter_context(socket.create_connection((parts.hostname, parts.port), timeout=60))
        time.sleep(1)  # in which an endless loop would fill the log
    assert wait_until(lambda: _answers(address), 120)
    assert "Traceback" not in log.read_text()
    assert log.stat().st_size < 10_000


@pytest.mark.slow
def test_connection_without_a_complete_request_is_closed(start) -> None:
    address, _ = start()
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        with suppress(ConnectionResetError):
            assert slow.recv(100) == b""


@pytest.mark.slow
def test_two_servers_do_not_share_a_key(start) -> None:
    first, _ = start()
    second, _ = start()
    other = urlsplit(first)._replace(netloc=urlsplit(second).netloc).geturl()
    assert (status(first), status(second), status(other)) == (200, 200, 403)
    assert status(first) == 200


@pytest.fixture
def hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hold]:
    """Stop the first worker that opens the file ``COCO/0.jpg``; the workers of earlier tests end."""
    held = Hold("COCO/0.jpg", tmp_path / "mark")
    held.apply(monkeypatch)
    isolation.end_idle_servers()
    yield held
    isolation.end_idle_servers()


@pytest.mark.slow
def test_slow_image_delays_no_thumbnail(tmp_path: Path, hold: Hold) -> None:
    gallery.made(tmp_path)
    images = ImageReader(tmp_path / "manifest.duckdb", {"coco": tmp_path / "coco"}, Workers(jobs=2))
    try:
        slow = images.submit(ImageRequest(1, full=True))
        assert wait_until(hold.holds)
        try:
            assert isinstance(images.submit(ImageRequest(3, full=False)).result(120), Thumbnail)
            assert not slow.done()
        finally:
            hold.release()  # also before the images are closed, which waits for the request
        assert isinstance(slow.result(120), Thumbnail)
    finally:
        images.close()
