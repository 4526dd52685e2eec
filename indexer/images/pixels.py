"""Whether two files show the same picture, though their bytes differ: a digest of pixels without metadata."""

import hashlib
from collections.abc import Iterator

from PIL import Image

# JPEG markers (ITU-T T.81 table B.1): what stands alone, what carries metadata, what ends it.
_STANDALONE = frozenset([0x01, *range(0xD0, 0xD9)])
_METADATA = frozenset([*range(0xE0, 0xEE), 0xEF, 0xFE])  # APP0..APP15 and COM; APP14 says how colours are coded
_START_OF_SCAN, _FILL, _END_OF_IMAGE = 0xDA, 0xFF, b"\xff\xd9"


def pixel_hash(data: bytes, image: Image.Image) -> str | None:
    """A sha256 (hex) that is equal for equal pixels; ``image`` was opened from ``data`` and, but for JPEGs, loaded.

    Of a JPEG its coded picture counts, all but metadata: decoders differ in the last bit, coefficients do not. A JPEG
    that was packed anew (progressive, other Huffman tables) is not recognised. Of everything else mode, size and pixels
    count, palettes resolved. None where a JPEG's segments do not add up.
    """
    if image.format in ("JPEG", "MPO"):  # the latter is JPEGs one behind the other
        return _hash(b"jpeg", _coded_picture(data))
    flat = image.convert("RGBA" if "transparency" in image.info else "RGB") if image.mode == "P" else image
    return _hash(f"{flat.mode} {flat.width} {flat.height}".encode(), iter([flat.tobytes()]))


def _segment_length(data: bytes, at: int) -> int:
    marker = data[at + 1]
    if marker == _FILL:
        return 1
    return 2 if marker in _STANDALONE else 2 + (data[at + 2] << 8 | data[at + 3])


def _hash(kind: bytes, parts: Iterator[bytes]) -> str | None:
    digest = hashlib.sha256(kind)
    try:
        for part in parts:
            digest.update(part)
    except IndexError:
        return None
    return digest.hexdigest()


def _coded_picture(data: bytes) -> Iterator[bytes]:
    """The segments before the first scan without metadata, then everything up to the end of the image."""
    at = 2
    while data[at + 1] != _START_OF_SCAN:
        marker = data[at + 1]
        length = _segment_length(data, at)
        if marker not in _METADATA and marker != _FILL:
            yield data[at : at + length]
        at += length
    end = data.rfind(_END_OF_IMAGE)
    yield data[at : end if end > at else len(data)]
