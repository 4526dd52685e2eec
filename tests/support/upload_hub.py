"""The hub of Hugging Face on loopback that accepts uploads, by git LFS.

Sources: https://huggingface.co/docs/hub/api, https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md, and the
requests of ``huggingface_hub``.
"""

import base64
import hashlib
import itertools
import json
import re
import threading
from collections.abc import Iterator
from typing import Any

from tests.support.hf import COMMIT, REPOSITORY, Hub, _Handler

TEXTS = (".json", ".md")


class UploadHub(Hub):
    """One repository, which does not exist at first. ``objects`` are uploaded files, ``files`` the committed ones."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.visibility: str | None = None
        self.branches = {"main"}
        self.uploads: list[str] = []
        self._admitted = itertools.repeat(True)  # of the next uploads; others are not answered
        self._continues = threading.Event()
        self._lock = threading.Lock()
        self.lost: set[str] = set()  # paths that the hub forgets, in spite of a commit
        super().__init__(_UploadHandler)

    def stop_after(self, uploads: int) -> None:
        """Answer the next uploads, and no other one before :meth:`continue_uploads`."""
        self._admitted = itertools.chain(itertools.repeat(True, uploads), itertools.repeat(False))

    def continue_uploads(self) -> None:
        self._admitted = itertools.repeat(True)
        self._continues.set()

    def upload(self, name: str, data: bytes) -> bool:
        """Store a file, and return whether its upload is answered. Clients upload several files at a time."""
        with self._lock:
            is_admitted = next(self._admitted)
        if not is_admitted:
            self._continues.wait(300)
            return False
        assert hashlib.sha256(data).hexdigest() == name
        self.objects[name] = data
        self.uploads.append(name)
        return True

    def described(self, path: str, data: bytes) -> dict[str, Any]:
        """A file as the hub lists it: small texts are in git."""
        entry = {"type": "file", "path": path, "size": len(data), "oid": git_id(data)}
        if path.endswith(TEXTS):
            return entry
        return {**entry, "lfs": {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 130}}

    def commit(self, lines: Iterator[dict[str, Any]]) -> None:
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                self.files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                self.files[value["path"]] = self.objects[value["oid"]]
            elif line["key"] == "deletedFile":
                del self.files[value["path"]]
        for path in self.lost & self.files.keys():
            del self.files[path]


def git_id(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class _UploadHandler(_Handler):
    hub: UploadHub

    def do_GET(self) -> None:  # noqa: N802
        if self.hub.visibility is None:
            self._reply(404, b"{}", {"X-Error-Code": "RepoNotFound"})
            return
        super().do_GET()

    def do_HEAD(self) -> None:  # noqa: N802
        found = re.fullmatch(rf"/datasets/{REPOSITORY}/resolve/[^/]+/(.*)", self.path)
        data = self.hub.files.get(found[1]) if found else None
        if data is None:
            self._reply(404, b"", {"X-Error-Code": "EntryNotFound"})
            return
        self.send_response(200)
        headers = {"ETag": f'"{git_id(data)}"', "X-Repo-Commit": COMMIT, "Content-Length": str(len(data))}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def do_PUT(self) -> None:  # noqa: N802
        if self.hub.upload(self.path.rpartition("/")[2], self._body()):
            self._reply(200, b"")

    def do_POST(self) -> None:  # noqa: N802
        body = self._body()
        path = self.path.partition("?")[0]
        if path == "/api/repos/create":
            self._create(json.loads(body))
        elif path == "/api/validate-yaml":
            self._send_json({})
        elif path.startswith(f"/api/datasets/{REPOSITORY}/branch/"):
            self.hub.branches.add(path.rpartition("/")[2])
            self._send_json({})
        elif path.startswith(f"/api/datasets/{REPOSITORY}/preupload/"):
            self._send_json({"files": [self._mode(file) for file in json.loads(body)["files"]]})
        elif path == f"/datasets/{REPOSITORY}.git/info/lfs/objects/batch":
            self._send_json({"objects": [self._action(one) for one in json.loads(body)["objects"]]})
        elif path.startswith(f"/api/datasets/{REPOSITORY}/commit/"):
            self.hub.commit(json.loads(line) for line in body.splitlines())
            self._send_json(
                {"commitUrl": f"{self.hub.endpoint}/datasets/{REPOSITORY}/commit/{'b' * 40}", "commitOid": "b" * 40}
            )
        else:
            self.answer_paths_info(body)

    def _body(self) -> bytes:
        if "Content-Length" in self.headers:
            return self.rfile.read(int(self.headers["Content-Length"]))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _create(self, wanted: dict[str, Any]) -> None:
        url = {"url": f"{self.hub.endpoint}/datasets/{REPOSITORY}"}
        if self.hub.visibility is not None:
            self._reply(409, json.dumps(url).encode())
            return
        self.hub.visibility = wanted.get("visibility", "private" if wanted.get("private") else "public")
        self._send_json(url)

    def _mode(self, file: dict[str, Any]) -> dict[str, Any]:
        path = file["path"]
        known = {"oid": git_id(self.hub.files[path])} if path in self.hub.files else {}
        return {"path": path, "uploadMode": "regular" if path.endswith(TEXTS) else "lfs", "shouldIgnore": False} | known

    def _action(self, one: dict[str, Any]) -> dict[str, Any]:
        if one["oid"] in self.hub.objects:
            return one
        return {**one, "actions": {"upload": {"href": f"{self.hub.endpoint}/lfs/{one['oid']}"}}}

    def repository(self) -> dict[str, Any]:
        return {**super().repository(), "private": self.hub.visibility == "private"}
