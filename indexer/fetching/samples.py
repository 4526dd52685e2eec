"""A stored image with its sidecar: the keys of img2dataset and some more."""

import hashlib
import json
from dataclasses import dataclass

from indexer.base.errors import BadData
from indexer.fetching.models import FetchOutcome
from indexer.fetching.response_body import ResponseBody
from indexer.images import decoding
from indexer.images.models import ImageLimits

_HEAD = 1 << 16


@dataclass(frozen=True, slots=True)
class Sample:
    """An image to store: ``digest`` is its SHA-256 in hex, ``sidecar`` JSON text as bytes."""

    outcome: FetchOutcome
    body: ResponseBody
    digest: str
    sidecar: bytes


def make_sample(outcome: FetchOutcome, body: ResponseBody) -> Sample:
    """Hash and measure a body, and write its sidecar."""
    digest = hashlib.sha256()
    for chunk in body.chunks():
        digest.update(chunk)
    return Sample(outcome, body, digest.hexdigest(), _sidecar(outcome, body, digest.hexdigest()))


def _sidecar(outcome: FetchOutcome, body: ResponseBody, digest: str) -> bytes:
    """Return the keys of an img2dataset sidecar in its order; no time of day, so that equal bytes give equal files."""
    width, height = _pixels(body, outcome.type)
    content = {
        **outcome.item.record,
        "url": outcome.item.url,
        "key": outcome.item.name,
        "status": "success",
        "error_message": None,
        "width": width,
        "height": height,
        "original_width": width,
        "original_height": height,
        "sha256": digest,
        "bytes": body.size,
        "type": outcome.type,
    }
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _pixels(body: ResponseBody, suffix: str | None) -> tuple[int | None, int | None]:
    """Return width and height by the image's header; None where it cannot be read: an inspection gives the reason.

    Only a TIFF may have its header at its end. Of other types the start is enough, which bounds the time for bad data.
    """
    head = body.head(None if suffix == "tif" else _HEAD)
    try:
        with decoding.codec_errors():
            return decoding.open_image(head, ImageLimits()).size
    except BadData:
        return None, None
