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
from PIL import Image

from indexer.base.workers import Workers
from indexer.browsing.image_reader import ImageReader, ImageRequest
from indexer.manifest import store
from indexer.reporting.models import Thumbnail
from tests.report.conftest import ROOT
from tests.support import gallery

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
        time.sleep(1)  # in which an endless loop would fill the log
    until = time.monotonic() + 120
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


@pytest.mark.slow
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


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Make a gallery whose first image takes seconds to convert for a browser."""
    gallery.made(tmp_path)
    keys = ("input_datasets_path", "output_path", "tmp_cache_dir", "intermediate_outputs_path")
    (tmp_path / "local.cfg").write_text("[paths]\n" + "".join(f"{key} = .\n" for key in keys))
    image = Image.effect_noise((3_000, 3_000), 60)
    image.save(tmp_path / "coco" / "COCO" / "0.jpg", "TIFF")
    return tmp_path


def test_slow_image_delays_no_thumbnail(large: Path) -> None:
    file = large / "coco" / "COCO" / "0.jpg"
    with store.open_for_writing(large / "manifest.duckdb") as opened:
        opened.execute(
            "update member set size = $size, packed_size = $size, mtime_ns = $time where path = 'COCO/0.jpg'",
            {"size": file.stat().st_size, "time": file.stat().st_mtime_ns},
        )
    images = ImageReader(large / "manifest.duckdb", {"coco": large / "coco"}, Workers(jobs=2))
    try:
        assert isinstance(images.submit(ImageRequest(2, full=False)).result(60), Thumbnail)  # workers run
        slow = images.submit(ImageRequest(1, full=True))
        assert isinstance(images.submit(ImageRequest(3, full=False)).result(60), Thumbnail)
        assert not slow.done()
        assert isinstance(slow.result(120), Thumbnail)
    finally:
        images.close()
