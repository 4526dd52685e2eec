"""AVIF, HEIF and JPEG 2000: boxes (ISO/IEC 14496-12, 23008-12 and 15444-1, annex I)."""

import re
from collections.abc import Iterator

from indexer.images.metadata.models import Level

_ITEM = re.compile(rb"infe[\2\3].{7}(?:.{2})??(Exif|mime)", re.DOTALL)
_PROFILE = re.compile(rb"colr(?=prof|rICC)")
_FREE = b"free"
_JPEG2000 = frozenset([b"jP  ", b"ftyp", b"jp2h", b"jp2c"])


def without_avif_metadata(data: bytes, level: Level, _exif: bytes) -> bytes:
    """Return a copy of equal length whose items of metadata have a type that decoders ignore.

    Positions of the coded data are stored in the file, so nothing is moved. The orientation is a property of the
    picture (``irot``, ``imir``) and is kept.
    """
    types = {b"Exif"} if level == Level.EXIF else {b"Exif", b"mime"}
    copy = bytearray(data)
    for item in _ITEM.finditer(data):
        if item[1] in types:
            copy[item.start(1) : item.end(1)] = _FREE
    if level == Level.ALL:
        for profile in _PROFILE.finditer(data):
            copy[profile.start() : profile.end()] = _FREE
    return bytes(copy)


def without_jpeg2000_metadata(data: bytes, level: Level, _exif: bytes) -> bytes:
    """Return a copy with the boxes that affect the pixels; a bare codestream has no others."""
    if level == Level.EXIF or data[4:8] != b"jP  ":
        return data
    return b"".join(box for name, box in _boxes(data) if name in _JPEG2000)


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16], "big")
        end = len(data) if length == 0 else at + length
        if length < 0 or (length and length < 8) or (end > len(data) and name not in _JPEG2000):
            found = re.compile(b"jp2h|jp2c").search(data, at + 8)  # a damaged length
            if found is None:
                return
            at = found.start() - 4
            continue
        yield name, data[at:end]
        at = end
