"""Compute the columns of the table ``inspection`` for one image."""

import dataclasses
import hashlib
from typing import Any

from indexer.base.errors import BadData
from indexer.images.decoding import codec_errors, open_image, read_header
from indexer.images.models import ImageLimits, Inspection
from indexer.images.phash import phash
from indexer.images.pixels import pixel_hash

# Twice the side that the perceptual hash uses, so that a JPEG decoded at reduced scale gives the same hash.
_REDUCED_SIZE = (64, 64)


def inspect(data: bytes, limits: ImageLimits | None = None) -> Inspection:
    """Inspect an image: hashes, header, and whether its pixels decode.

    Bad data raises nothing: ``status`` and ``reason`` have the problem, the other fields the facts found before it.
    """
    facts: dict[str, Any] = {"hash": hashlib.sha256(data).hexdigest(), "byte_size": len(data)}
    try:
        with codec_errors():
            image = open_image(data, limits or ImageLimits())
            facts |= dataclasses.asdict(read_header(image, data))
            # A JPEG is decoded at reduced scale. This reads all of its packed data, so truncated files are found.
            image.draft("L", _REDUCED_SIZE)
            image.load()
            facts |= {"pixel_hash": pixel_hash(data, image), "phash": phash(image)}
    except BadData as bad:
        return Inspection(bad.reason, bad.detail, **facts)
    return Inspection("ok", **facts)
