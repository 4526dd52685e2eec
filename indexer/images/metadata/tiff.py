"""TIFF: tags of the first directory (TIFF 6.0, section 2; BigTIFF)."""

import struct

from indexer.images.metadata.models import Level

_EXIF = frozenset([34665, 34853, 40965])
_PROFILE = 34675
# Sizes, compression, colours, strips and tiles, orientation, JPEG tables.
_PIXELS = frozenset(
    tag
    for tags in (
        range(254, 267), [273, 274], range(277, 282), [284], range(290, 294), [301], range(317, 333), [334, 336],
        range(338, 343), [347], range(512, 522), range(529, 533),
    )
    for tag in tags
)  # fmt: skip


def without_metadata(data: bytes, level: Level, _exif: bytes) -> bytes:
    """Return a copy of equal length whose first directory lacks the tags; later directories are cut off.

    The orientation is a tag of the directory and is kept.
    """
    order = "<" if data[:2] == b"II" else ">"
    is_big = data[2:4] in (b"+\0", b"\0+")
    start, count, entry, next_ = (8, "Q", 20, "Q") if is_big else (4, "H", 12, "I")
    try:
        (at,) = struct.unpack_from(order + ("Q" if is_big else "I"), data, start)
        (number,) = struct.unpack_from(order + count, data, at)
    except struct.error:
        return data
    first = at + struct.calcsize(count)
    entries = [data[place : place + entry] for place in range(first, first + min(number, 4096) * entry, entry)]
    kept = [one for one in entries if len(one) == entry and _is_kept(struct.unpack(order + "H", one[:2])[0], level)]
    directory = struct.pack(order + count, len(kept)) + b"".join(kept) + struct.pack(order + next_, 0)
    return data[:at] + directory + data[at + len(directory) :]


def _is_kept(tag: int, level: Level) -> bool:
    if level == Level.EXIF:
        return tag not in _EXIF
    return tag in _PIXELS or (level == Level.TEXTS and tag == _PROFILE)
