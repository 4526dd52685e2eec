"""A stored image's sidecar, with img2dataset's keys and ours."""

import hashlib
import json
from dataclasses import dataclass
from typing import IO

from indexer.errors import BadData
from indexer.fetching.shapes import Outcome
from indexer.images import decoding
from indexer.images.shapes import ImageLimits

_CHUNK = 1 << 20
_HEAD = 1 << 16


@dataclass(frozen=True, slots=True)
class Sample:
    """What is stored for an item; ``sidecar`` is JSON text as bytes."""

    outcome: Outcome
    body: IO[bytes]
    digest: str
    size: int
    sidecar: bytes


def of(outcome: Outcome, body: IO[bytes]) -> Sample:
    """Hash and measure a body, and describe it; the body is left at its start."""
    digest = hashlib.sha256()
    while chunk := body.read(_CHUNK):
        digest.update(chunk)
    size = body.tell()
    sidecar = _sidecar(outcome, digest.hexdigest(), size, _pixels(body, outcome.type))
    body.seek(0)
    return Sample(outcome, body, digest.hexdigest(), size, sidecar)


def _sidecar(outcome: Outcome, digest: str, size: int, pixels: tuple[int | None, int | None]) -> bytes:
    """The keys of an img2dataset sidecar in its order; no time of day, so that equal bytes give equal files."""
    width, height = pixels
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
        "bytes": size,
        "type": outcome.type,
    }
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _pixels(body: IO[bytes], suffix: str | None) -> tuple[int | None, int | None]:
    """Width and height by the header; None where it cannot be read, which is for an inspection to explain.

    Only a TIFF may have its header at its end; of the others the start is read, lest long rubbish is searched for one.
    """
    body.seek(0)
    try:
        with decoding.codec_errors():
            return decoding.opened(body.read(-1 if suffix == "tif" else _HEAD), ImageLimits()).size
    except BadData:
        return None, None
