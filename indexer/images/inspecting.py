"""All that the table ``inspection`` keeps about an image."""

import dataclasses
import hashlib
from typing import Any

from PIL import Image

from indexer.base.errors import BadData
from indexer.images.decoding import codec_errors, header_of, opened
from indexer.images.models import ImageLimits, Inspection
from indexer.images.phash import phash
from indexer.images.pixels import pixel_hash

# Twice what the perceptual hash looks at, so that a JPEG decoded at reduced scale and a full picture agree.
_SMALL = (64, 64)


def inspect(data: bytes, limits: ImageLimits | None = None) -> Inspection:
    """Read an image once and for all: hashes, header, whether its pixels decode.

    Never raises for what the bytes are: ``status`` and ``reason`` say what is wrong, beside whatever could be had.
    """
    facts: dict[str, Any] = {"hash": hashlib.sha256(data).hexdigest(), "byte_size": len(data)}
    try:
        with codec_errors():
            image = opened(data, limits or ImageLimits())
            facts |= dataclasses.asdict(header_of(image, data))
            picture = _decoded(image)
            facts |= {"pixel_hash": pixel_hash(data, picture), "phash": phash(picture)}
    except BadData as bad:
        return Inspection(bad.reason, bad.detail, **facts)
    return Inspection("ok", **facts)


def failed(status: str, reason: str) -> Inspection:
    """The inspection of an image whose bytes could not be had, or that ended its reader."""
    return Inspection(status, reason)


def _decoded(image: Image.Image) -> Image.Image:
    """The picture, of a JPEG at reduced scale: all its packed pixels are read, so cut-off files are found as ever."""
    image.draft("L", _SMALL)
    image.load()
    return image
