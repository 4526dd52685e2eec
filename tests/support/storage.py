"""Object storage on loopback that counts requests: the protocol of all kinds, and a web server with ranges."""

import hashlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote

from indexer.base.remote import Url

BUCKET = "pictures"


@dataclass
class Traffic:
    """Requests as 'METHOD path', and bytes sent. Threads of a server share it.

    Requests for metadata that use the method GET are recorded as META.
    """

    requests: list[str] = field(default_factory=list)
    sent: int = 0
    failing: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def clear(self) -> None:
        with self._lock:
            self.requests.clear()
            self.sent = 0

    def fail(self, requests: int) -> None:
        """Let the next GETs fail with status 503."""
        with self._lock:
            self.failing = requests

    def is_failed(self) -> bool:
        """Return whether a GET fails, and count it."""
        with self._lock:
            self.failing -= (failed := self.failing > 0)
            return failed

    def add_sent(self, size: int) -> None:
        with self._lock:
            self.sent += size

    def count(self, method: str) -> int:
        return sum(request.startswith(method) for request in self.requests)


class Web:
    """A web server with ranges, ETags and pages of links, like hosts of datasets; ``ranges`` can be turned off."""

    def __init__(self) -> None:
        self.traffic = Traffic()
        self.files: dict[str, bytes] = {}
        self.ranges = True
        self.settings: dict[str, str] = {}
        site = self

        class Handler(_Handler):
            web = site

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def put(self, path: str, data: bytes) -> None:
        self.files[path] = data

    def remove(self, path: str) -> None:
        del self.files[path]

    def url(self, path: str) -> Url:
        return Url(f"http://127.0.0.1:{self._server.server_port}") / path

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def links(self, folder: str) -> list[str] | None:
        inside = {path.removeprefix(folder) for path in self.files if path.startswith(folder)}
        names = {re.sub(r"(?<=/).*", "", path) for path in inside}
        return ["?C=N;O=D", "../", *(quote(name) for name in sorted(names))] if inside else None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    web: Web

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path, traffic = unquote(self.path.partition("?")[0]).lstrip("/"), self.web.traffic
        traffic.requests.append(f"{self.command} /{path}")
        if self.command == "GET" and traffic.is_failed():
            self._reply(503, b"", {})
        elif path in self.web.files:
            self._file(self.web.files[path])
        else:
            self._page(self.web.links(f"{path.rstrip('/')}/" if path else ""))

    def _page(self, links: list[str] | None) -> None:
        page = "".join(f'<a href="{link}">x</a>' for link in links or [])
        self._reply(404 if links is None else 200, page.encode(), {"Content-Type": "text/html"})

    def _file(self, data: bytes) -> None:
        headers = {"ETag": f'"{hashlib.md5(data).hexdigest()}"', "Last-Modified": formatdate(1e9, usegmt=True)}
        requested = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if requested and self.web.ranges:
            start, stop = int(requested[1]), int(requested[2]) + 1
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
            self._reply(206, data[start:stop], headers)
        else:
            self._reply(200, data, headers)

    def _reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/octet-stream", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.web.traffic.add_sent(len(body))
            self.wfile.write(body)


class Storage(Protocol):
    """A server of any kind."""

    traffic: Traffic
    settings: dict[str, str]

    def put(self, path: str, data: bytes) -> None: ...
    def remove(self, path: str) -> None: ...
    def url(self, path: str) -> Url: ...


def upload(storage: Storage, folder: Path, below: str) -> Url:
    """Put every file of ``folder`` into the storage, below a path; return its address."""
    for path in _files(folder):
        storage.put(f"{below}/{path.relative_to(folder).as_posix()}", path.read_bytes())
    storage.traffic.clear()
    return storage.url(below)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())
