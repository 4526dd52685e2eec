"""Google Cloud Storage on loopback, served by its emulator, which counts requests."""

import json
import threading
from contextlib import suppress
from functools import partial
from http.server import ThreadingHTTPServer
from urllib.parse import quote, unquote
from urllib.request import Request, urlopen

import fsspec.config
from gcp_storage_emulator.handlers import buckets
from gcp_storage_emulator.server import RequestHandler
from gcp_storage_emulator.storage import Storage

from indexer.base.remote import Url
from tests.support.storage import BUCKET, Traffic

ANONYMOUS = {"token": "anon"}


class GS:
    """One server for all tests; workers find its address in the environment."""

    def __init__(self) -> None:
        self.traffic = Traffic()
        objects = Storage(use_memory_fs=True)
        buckets.create_bucket(BUCKET, objects)
        counted = self.traffic

        class Handler(_Handler):
            traffic = counted

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, objects))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        fsspec.config.conf["gs"] = ANONYMOUS  # fsspec may have read the environment already
        self._address = f"http://127.0.0.1:{self._server.server_port}"
        self.settings = {
            "STORAGE_EMULATOR_HOST": self._address,
            "FSSPEC_GS": json.dumps(ANONYMOUS),
            # Otherwise gcsfs requests a bucket's kind by gRPC, which the emulator does not support.
            "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",
        }

    def put(self, path: str, data: bytes) -> None:
        self._ask("POST", f"/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name={quote(path, safe='')}", data)

    def remove(self, path: str) -> None:
        self._ask("DELETE", f"/storage/v1/b/{BUCKET}/o/{quote(path, safe='')}")

    def url(self, path: str) -> Url:
        return Url(f"gs://{BUCKET}/{path}")

    def close(self) -> None:
        del fsspec.config.conf["gs"]
        self._server.shutdown()
        self._server.server_close()

    def _ask(self, method: str, path: str, data: bytes | None = None) -> None:
        headers = {"Content-Type": "application/octet-stream"}
        with urlopen(Request(self._address + path, data, headers, method=method)) as answer:
            answer.read()


class _Handler(RequestHandler):
    protocol_version = "HTTP/1.1"
    traffic: Traffic

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:  # noqa: N802 - the standard library's name
        method = "GET" if self.path.startswith("/download/") else "META"
        self.traffic.requests.append(f"{method} {unquote(self.path)}")
        if self.traffic.is_failed():
            self.send_response(503)
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            with suppress(ConnectionError):  # the client requests object and folder at once and takes the first answer
                super().do_GET()

    def send_header(self, keyword: str, value: str) -> None:
        super().send_header(keyword, value)
        if keyword == "Content-Length" and self.command == "GET":
            self.traffic.add_sent(int(value))
