"""Compute a digest of the pixels of an image without its metadata."""

import hashlib
from collections.abc import Iterator

from indexer.images.metadata.jpeg import STANDALONE
from indexer.images.shown import ShownImage

# JPEG markers of metadata: APP0 to APP15 and COM, except APP14, which has the colour transform.
_METADATA = frozenset([*range(0xE0, 0xEE), 0xEF, 0xFE])
_START_OF_SCAN, _FILL, _END_OF_IMAGE = 0xDA, 0xFF, b"\xff\xd9"


def pixel_hash(shown: ShownImage) -> str | None:
    """Return a sha256 (hex) that is equal for equal pixels, as shown; None if a JPEG's segments are inconsistent.

    * JPEG: the coded data without metadata, because decoders differ in the last bit, and the orientation. A JPEG that
      was recoded without loss (progressive, other Huffman tables) gets another digest.
    * Other formats: mode, size and pixels, with palettes resolved.
    """
    image = shown.image
    if shown.header.format in ("JPEG", "MPO"):  # MPO: several JPEGs in one file
        turned = b"" if shown.orientation == 1 else b" %d" % shown.orientation
        return _hash(b"jpeg" + turned, _coded_data(shown.data))
    flat = image.convert("RGBA" if "transparency" in image.info else "RGB") if image.mode == "P" else image
    return _hash(f"{flat.mode} {flat.width} {flat.height}".encode(), iter([flat.tobytes()]))


def _segment_length(data: bytes, at: int) -> int:
    marker = data[at + 1]
    if marker == _FILL:
        return 1
    return 2 if marker in STANDALONE else 2 + (data[at + 2] << 8 | data[at + 3])


def _hash(kind: bytes, parts: Iterator[bytes]) -> str | None:
    digest = hashlib.sha256(kind)
    try:
        for part in parts:
            digest.update(part)
    except IndexError:
        return None
    return digest.hexdigest()


def _coded_data(data: bytes) -> Iterator[bytes]:
    """Yield the segments before the first scan without metadata, then all bytes up to the end of the image."""
    at = 2
    while data[at + 1] != _START_OF_SCAN:
        marker = data[at + 1]
        length = _segment_length(data, at)
        if marker not in _METADATA and marker != _FILL:
            yield data[at : at + length]
        at += length
    end = data.rfind(_END_OF_IMAGE)
    yield data[at : end if end > at else len(data)]
