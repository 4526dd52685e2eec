"""AVIF, HEIF and JPEG 2000: boxes (ISO/IEC 14496-12, 23008-12 and 15444-1, annex I)."""

import re
from collections.abc import Iterator

from indexer.images.metadata.models import Level

_ITEM = re.compile(rb"infe[\2\3].{3}(.{2}(?:.{2})??).{2}(Exif|mime)", re.DOTALL)
_PROFILE = re.compile(rb"colr(?=prof|rICC)")
_FREE = b"free"
_AVIF = frozenset([b"ftyp", b"meta", b"moov", b"mdat", b"idat", _FREE, b"skip"])
_JPEG2000 = frozenset([b"jP  ", b"ftyp", b"jp2h", b"jp2c"])


def without_avif_metadata(data: bytes, level: Level, _exif: bytes) -> bytes:
    """Return a copy of equal length whose items of metadata have a type that decoders ignore.

    Positions of the coded data are stored in the file, so nothing is moved. The orientation is a property of the
    picture (``irot``, ``imir``) and is kept.
    """
    types = {b"Exif"} if level == Level.EXIF else {b"Exif", b"mime"}
    copy = bytearray(data)
    for item in _ITEM.finditer(data):
        if item[2] in types:
            copy[item.start(2) : item.end(2)] = _FREE
    if level == Level.ALL:
        for profile in _PROFILE.finditer(data):
            copy[profile.start() : profile.end()] = _FREE
    return bytes(copy)


def stripped_avif(data: bytes, exif: bytes) -> bytes:
    """Return a copy of equal length without the contents of items of metadata and of boxes of other programs."""
    copy = bytearray(without_avif_metadata(data, Level.ALL, exif))
    blanked = {int.from_bytes(item[1], "big") for item in _ITEM.finditer(data) if item[2] in (b"Exif", b"mime")}
    for item, start, end in _item_ranges(data):
        if item in blanked:
            copy[start:end] = bytes(end - start)
    at = 0
    for name, box in _boxes(data):
        if name not in _AVIF:
            copy[at + 4 : at + 8] = _FREE
            copy[at + 8 : at + len(box)] = bytes(len(box) - 8)
        at += len(box)
    return bytes(copy)


def _item_ranges(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield item, start and end of the extents that ``iloc`` locates in the file (ISO/IEC 14496-12, 8.11.3)."""
    at = data.find(b"iloc") + 4
    version, sizes, widths = data[at], data[at + 4], data[at + 5]
    wide = 4 if version == 2 else 2
    fields = _Fields(data, at + 6)
    for _ in range(fields.number(wide)):
        item = fields.number(wide)
        method = fields.number(2) & 15 if version else 0
        fields.number(2)
        base = fields.number(widths >> 4)
        for _ in range(fields.number(2)):
            fields.number(widths & 15 if version else 0)
            start = base + fields.number(sizes >> 4)
            end = start + fields.number(sizes & 15)
            if method == 0 and end <= len(data):
                yield item, start, end


class _Fields:
    """Reads whole numbers one after the other."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def number(self, size: int) -> int:
        start, self.at = self.at, self.at + size
        return int.from_bytes(self.data[start : self.at], "big")


def without_jpeg2000_metadata(data: bytes, level: Level, _exif: bytes) -> bytes:
    """Return a copy with the boxes that affect the pixels; a bare codestream has no others."""
    if level == Level.EXIF or data[4:8] != b"jP  ":
        return data
    return b"".join(box for name, box in _boxes(data) if name in _JPEG2000)


def stripped_jpeg2000(data: bytes, exif: bytes) -> bytes:
    """Return a copy with the boxes that affect the pixels."""
    return without_jpeg2000_metadata(data, Level.ALL, exif)


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
