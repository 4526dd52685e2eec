"""The hub of Hugging Face on loopback: the requests of its file system, counted.

Sources: https://huggingface.co/docs/hub/api (repository, tree, paths-info), and what ``huggingface_hub`` sends.
"""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote

import fsspec.config

from indexer.base.remote import Url
from tests.support.storage import Traffic

REPOSITORY = "user/pictures"
REVISION = "main"
COMMIT = "a" * 40
_ANY_REVISION = f"(?:{REVISION}|{COMMIT})"


class Hub:
    """One repository for all tests; workers find its address in the environment."""

    def __init__(self, handler: type["_Handler"] | None = None) -> None:
        self.traffic = Traffic()
        self.files: dict[str, bytes] = {}
        own = type("OwnHandler", (handler or _Handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), own)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        options = {"endpoint": self.endpoint}
        self._before = fsspec.config.conf.get("hf")
        fsspec.config.conf["hf"] = options  # fsspec may have read the environment already
        self.settings = {"FSSPEC_HF": json.dumps(options)}

    def put(self, path: str, data: bytes) -> None:
        self.files[path] = data

    def remove(self, path: str) -> None:
        del self.files[path]

    def url(self, path: str) -> Url:
        return Url(f"hf://datasets/{REPOSITORY}/{path}")

    def close(self) -> None:
        del fsspec.config.conf["hf"]
        if self._before:
            fsspec.config.conf["hf"] = self._before
        self._server.shutdown()
        self._server.server_close()

    def tree(self, folder: str, *, recursive: bool) -> Iterator[dict[str, Any]]:
        """Files and folders below ``folder``, as the hub lists them."""
        listed = set()
        for path, data in self.files.items():
            below = path.removeprefix(f"{folder}/") if folder else path
            if folder and not path.startswith(f"{folder}/"):
                continue
            for depth in range(below.count("/") if recursive else min(1, below.count("/"))):
                parent = "/".join(path.split("/")[: (folder.count("/") + 1 if folder else 0) + depth + 1])
                if parent not in listed:
                    listed.add(parent)
                    yield {"type": "directory", "path": parent, "size": 0, "oid": _digest(parent.encode())}
            if recursive or "/" not in below:
                yield self.described(path, data)

    def info(self, path: str) -> Iterator[dict[str, Any]]:
        """Metadata of one path; nothing if it does not exist."""
        if path in self.files:
            yield self.described(path, self.files[path])
        elif any(self.tree(path, recursive=False)):
            yield {"type": "directory", "path": path, "size": 0, "oid": _digest(path.encode())}

    def described(self, path: str, data: bytes) -> dict[str, Any]:
        """A file as the hub lists it."""
        return {"type": "file", "path": path, "size": len(data), "oid": _digest(data)}


def _digest(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        self.answer_paths_info(self.rfile.read(int(self.headers["Content-Length"])))

    def answer_paths_info(self, body: bytes) -> None:
        self.hub.traffic.requests.append(f"META {unquote(self.path)}")
        assert self.path.startswith(f"/api/datasets/{REPOSITORY}/paths-info/")
        self._send_json([entry for path in parse_qs(body.decode())["paths"] for entry in self.hub.info(path)])

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        method = "META" if path.startswith("/api/") else "GET"
        self.hub.traffic.requests.append(f"{method} {unquote(self.path)}")
        if self.hub.traffic.is_failed():
            self._reply(503, b"")
        elif found := re.fullmatch(rf"/datasets/{REPOSITORY}/resolve/{_ANY_REVISION}/(.*)", path):
            self._part(unquote(found[1]))
        elif found := re.fullmatch(rf"/api/datasets/{REPOSITORY}/tree/{_ANY_REVISION}/?(.*)", path):
            self._list(unquote(found[1]), recursive="recursive=true" in query.lower())
        elif re.fullmatch(rf"/api/datasets/{REPOSITORY}(/revision/{_ANY_REVISION})?", path):
            self._send_json(self.repository())
        else:
            self._reply(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    def repository(self) -> dict[str, Any]:
        return {"id": REPOSITORY, "sha": COMMIT, "siblings": []}

    def _list(self, folder: str, *, recursive: bool) -> None:
        found = list(self.hub.tree(folder, recursive=recursive))
        if found or not folder:
            self._send_json(found)
        else:
            self._reply(404, b"{}", {"X-Error-Code": "EntryNotFound"})

    def _part(self, path: str) -> None:
        data = self.hub.files.get(path)
        requested = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if data is None:
            self._reply(404, b"", {"X-Error-Code": "EntryNotFound"})
        elif requested:
            start, stop = int(requested[1]), int(requested[2]) + 1
            self._reply(206, data[start:stop], {"Content-Range": f"bytes {start}-{stop - 1}/{len(data)}"})
        else:
            self._reply(200, data)

    def _send_json(self, content: Any) -> None:
        self._reply(200, json.dumps(content).encode(), {"Content-Type": "application/json"})

    def _reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.hub.traffic.add_sent(len(body) if self.command == "GET" else 0)
        self.wfile.write(body)
