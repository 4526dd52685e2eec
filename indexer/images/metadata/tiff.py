"""TIFF: tags of the first directory (TIFF 6.0, section 2; BigTIFF)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from indexer.images.metadata.models import Level

_EXIF = frozenset([34665, 34853, 40965])
_PROFILE, _ORIENTATION = 34675, 274
# Sizes, compression, colours, strips and tiles, orientation, JPEG tables.
_PIXELS = frozenset(
    tag
    for tags in (
        range(254, 267), [273, 274], range(277, 282), [284], range(290, 294), [301], range(317, 333), [334, 336],
        range(338, 343), [347], range(512, 522), range(529, 533),
    )
    for tag in tags
)  # fmt: skip
# Bytes of a value, by type (TIFF 6.0, section 2; BigTIFF).
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
# Tags whose values are the positions of strips or tiles -> the tag of their lengths.
_PIXEL_DATA = {273: 279, 324: 325}


@dataclass(frozen=True, slots=True)
class _Directory:
    """The first directory: byte order, position, formats of its count and of the next position, entries by position."""

    order: str
    at: int
    count: str
    next: str
    entries: list[tuple[int, bytes]]

    def tag(self, entry: bytes) -> int:
        return int(struct.unpack(self.order + "H", entry[:2])[0])

    def value(self, data: bytes, entry: bytes) -> tuple[int, bytes]:
        """Return position and bytes of a value outside of its entry; no bytes if the entry holds it."""
        kind, number, position = self._fields(entry)
        size = number * _SIZES.get(kind, 0)
        return position, data[position : position + size] if size > struct.calcsize(self.next) else b""

    def is_misplaced(self, entry: bytes) -> bool:
        """Return whether an entry is an orientation outside of it: a damaged one, after which Pillow reads no tags."""
        kind, number, _ = self._fields(entry)
        fits = 0 < number * _SIZES.get(kind, 0) <= struct.calcsize(self.next)
        return self.tag(entry) == _ORIENTATION and not fits

    def numbers(self, data: bytes, tag: int) -> list[int]:
        """Return the whole numbers of a tag; none if it is missing."""
        for _, entry in self.entries:
            if self.tag(entry) == tag:
                kind, number, _ = self._fields(entry)
                form = {1: "B", 3: "H", 4: "I", 16: "Q"}.get(kind, "I")
                values = self.value(data, entry)[1] or entry[-struct.calcsize(self.next) :]
                return list(struct.unpack_from(f"{self.order}{number}{form}", values))
        return []

    def _fields(self, entry: bytes) -> tuple[int, int, int]:
        """Return type and number of an entry's values, and the position of values outside of it."""
        kind, number, position = struct.unpack(f"{self.order}H{self.next}{self.next}", entry[2:])
        return kind, number, position


def without_metadata(data: bytes, level: Level, _exif: bytes) -> bytes:
    """Return a copy of equal length whose first directory lacks the tags; later directories are cut off.

    The orientation is a tag of the directory and is kept, unless it is damaged.
    """
    try:
        found = _directory(data)
    except struct.error:
        return data
    kept = [entry for _, entry in found.entries if _is_kept(found.tag(entry), level) and not found.is_misplaced(entry)]
    count, end = struct.pack(found.order + found.count, len(kept)), struct.pack(found.order + found.next, 0)
    directory = count + b"".join(kept) + end
    return data[: found.at] + directory + data[found.at + len(directory) :]


def stripped(data: bytes, exif: bytes) -> bytes:
    """Return a copy of equal length in which all bytes are zero that the pixels do not depend on."""
    copy = without_metadata(data, Level.ALL, exif)
    blank = bytearray(len(copy))
    try:
        for start, end in _reached(copy):
            blank[start:end] = copy[start:end]
    except struct.error:
        return copy
    return bytes(blank)


def _reached(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the ranges of header, first directory, its values, strips and tiles."""
    found = _directory(data)
    yield 0, 16 if found.next == "Q" else 8
    yield found.at, found.at + struct.calcsize(found.count)
    for place, entry in found.entries:
        position, value = found.value(data, entry)
        yield place, place + len(entry)
        yield position, position + len(value)
    for positions, lengths in _PIXEL_DATA.items():
        for start, length in zip(found.numbers(data, positions), found.numbers(data, lengths), strict=False):
            yield start, min(start + length, len(data))


def _directory(data: bytes) -> _Directory:
    """Return the first directory; raise struct.error if the file ends before it."""
    order = "<" if data[:2] == b"II" else ">"
    is_big = data[2:4] in (b"+\0", b"\0+")
    start, count, size, next_ = (8, "Q", 20, "Q") if is_big else (4, "H", 12, "I")
    (at,) = struct.unpack_from(order + next_, data, start)
    (number,) = struct.unpack_from(order + count, data, at)
    first = at + struct.calcsize(count)
    places = range(first, first + min(number, 4096) * size, size)
    entries = [(place, data[place : place + size]) for place in places if place + size <= len(data)]
    return _Directory(order, at, count, next_, entries)


def _is_kept(tag: int, level: Level) -> bool:
    if level == Level.EXIF:
        return tag not in _EXIF
    return tag in _PIXELS or (level == Level.TEXTS and tag == _PROFILE)
