"""S3 on loopback: moto's server, which counts requests."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from indexer.base.remote import Url
from tests.support.storage import BUCKET, Traffic

SETTINGS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}


class S3:
    """One server for all tests; workers find its address in the environment."""

    def __init__(self) -> None:
        self.traffic = Traffic()
        self._app = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_Silent)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.settings = SETTINGS | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._server.port}"}
        self._client = boto3.client(
            "s3",
            endpoint_url=self.settings["AWS_ENDPOINT_URL"],
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            region_name="us-east-1",
        )
        self._client.create_bucket(Bucket=BUCKET)

    def put(self, path: str, data: bytes) -> None:
        self._client.put_object(Bucket=BUCKET, Key=path, Body=data)

    def remove(self, path: str) -> None:
        self._client.delete_object(Bucket=BUCKET, Key=path)

    def url(self, path: str) -> Url:
        return Url(f"s3://{BUCKET}/{path}")

    def close(self) -> None:
        self._client.close()
        self._server.shutdown()

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        self.traffic.requests.append(f"{method} {environ['PATH_INFO']}")
        if method == "GET" and self.traffic.is_failed():
            start("503 Slow Down", [("Content-Length", "0")])
            return [b""]
        answer = [bytes(piece) for piece in self._app(environ, start)]
        self.traffic.add_sent(sum(map(len, answer)) if method == "GET" else 0)
        return answer


class _Silent(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: object) -> None:
        pass
