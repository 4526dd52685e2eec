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

from tests.report.conftest import ROOT

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


def test_server_survives_more_connections_than_file_descriptors(start) -> None:
    address, log = start()
    assert status(address, "api/rows") == 200
    parts = urlsplit(address)
    with ExitStack() as stack:
        for _ in range(3 * _FILES):
            stack.enter_context(socket.create_connection((parts.hostname, parts.port), timeout=60))
        time.sleep(3)
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            assert status(address, "api/rows") == 200
            break
        except OSError:
            time.sleep(0.2)
    else:
        raise AssertionError("the server does not answer any more")
    assert "Traceback" not in log.read_text()
    assert log.stat().st_size < 10_000


def test_connection_without_a_complete_request_is_closed(start) -> None:
    address, _ = start()
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        began = time.monotonic()
        with suppress(ConnectionResetError):
            assert slow.recv(100) == b""
        assert time.monotonic() - began < 30


def test_two_servers_do_not_share_a_key(start) -> None:
    first, _ = start()
    second, _ = start()
    other = urlsplit(first)._replace(netloc=urlsplit(second).netloc).geturl()
    assert (status(first), status(second), status(other)) == (200, 200, 403)
    assert status(first) == 200
