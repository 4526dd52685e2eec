"""A stored image's sidecar, with img2dataset's keys and ours."""

import hashlib
import json
from dataclasses import dataclass

from indexer.base.errors import BadData
from indexer.fetching.bodies import Body
from indexer.fetching.models import FetchOutcome
from indexer.images import decoding
from indexer.images.models import ImageLimits

_HEAD = 1 << 16


@dataclass(frozen=True, slots=True)
class Sample:
    """What is stored for an item; ``sidecar`` is JSON text as bytes."""

    outcome: FetchOutcome
    body: Body
    digest: str
    sidecar: bytes


def of(outcome: FetchOutcome, body: Body) -> Sample:
    """Hash and measure a body, and describe it."""
    digest = hashlib.sha256()
    for piece in body.pieces():
        digest.update(piece)
    return Sample(outcome, body, digest.hexdigest(), _sidecar(outcome, body, digest.hexdigest()))


def _sidecar(outcome: FetchOutcome, body: Body, digest: str) -> bytes:
    """The keys of an img2dataset sidecar in its order; no time of day, so that equal bytes give equal files."""
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


def _pixels(body: Body, suffix: str | None) -> tuple[int | None, int | None]:
    """Width and height by the header; None where it cannot be read, which is for an inspection to explain.

    Only a TIFF may have its header at its end; of the others the start is read, lest long rubbish is searched for one.
    """
    head = body.start(None if suffix == "tif" else _HEAD)
    try:
        with decoding.codec_errors():
            return decoding.open_image(head, ImageLimits()).size
    except BadData:
        return None, None
