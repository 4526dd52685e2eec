"""Compute the columns of the table ``inspection`` for one image."""

import contextlib
import hashlib
from typing import Any

from indexer.base.errors import BadData
from indexer.images.decoding import codec_errors
from indexer.images.models import Depth, ImageLimits, Inspection, columns_of
from indexer.images.phash import looks
from indexer.images.pixels import pixel_hash
from indexer.images.shown import header, open_shown
from indexer.images.traits import traits_of

# Twice the side that the perceptual hash uses, so that a JPEG decoded at reduced scale gives the same hash.
_DEPTH = Depth(reduced_to=(64, 64), is_strict=True)


def inspect(data: bytes, limits: ImageLimits | None = None) -> Inspection:
    """Inspect an image: hashes, header, and whether its readers can open it.

    Bad data raises nothing: ``status`` and ``reason`` have the problem, the other fields the facts found before it.
    """
    facts: dict[str, Any] = {"hash": hashlib.sha256(data).hexdigest(), "byte_size": len(data)}
    try:
        shown = open_shown(data, limits, _DEPTH)
        facts |= columns_of(shown.header)
        with codec_errors():
            facts |= {"pixel_hash": pixel_hash(shown), **looks(shown.image)}
            facts |= columns_of(traits_of(data, shown))
    except BadData as bad:
        with contextlib.suppress(BadData):
            facts |= columns_of(header(data, limits))
        return Inspection(bad.reason, bad.detail, **facts)
    return Inspection("ok", metadata_removed=shown.metadata_removed, **facts)
