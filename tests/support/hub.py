"""The part of the Hugging Face hub's interface that the real client uses to download a dataset repository."""

import hashlib
import json
import socket

import pytest

from tests.support.http_server import Server, reply
from tests.support.webserver import WAYS

REVISION = "a" * 40
GATED = "user/gated"


def add_to(patch: pytest.MonkeyPatch, files: dict[str, bytes]) -> None:
    """Let every server answer as a hub whose repositories all hold ``files``."""

    def api(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
        if "/".join(rest[1:3]) == GATED:
            return reply(to, "403 Forbidden", b"{}", "X-Error-Code: GatedRepo", "X-Error-Message: request access")
        tree = [{"type": "file", "path": name, "size": len(data), "oid": _digest(data)} for name, data in files.items()]
        content = tree if rest[3:4] == ["tree"] else {"id": "/".join(rest[1:3]), "sha": REVISION, "siblings": []}
        return reply(to, "200 OK", json.dumps(content).encode(), "Content-Type: application/json")

    def resolve(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
        data = files["/".join(rest[4:])]
        headers = [f'ETag: "{_digest(data)}"', f"X-Repo-Commit: {REVISION}", f"Content-Length: {len(data)}"]
        body = b"" if server.heads[-1].startswith("HEAD") else data
        to.sendall("\r\n".join(["HTTP/1.1 200 OK", *headers, "", ""]).encode() + body)
        return True

    patch.setitem(WAYS, "api", api)
    patch.setitem(WAYS, "datasets", resolve)


def _digest(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()
