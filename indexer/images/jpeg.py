"""What a JPEG's header tells: its size; and by its quantisation tables the quality it was saved with, and by whom.

Source: ITU-T T.81 annexes B (markers) and K.1 (the luminance table), libjpeg's ``jpeg_quality_scaling`` (jcparam.c).
"""

import hashlib
import struct
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

# T.81 table K.1, row by row.
_LUMINANCE = np.array(
    [16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
     14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
     18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
     49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99]
)  # fmt: skip

# Baseline, extended and progressive Huffman frames, and where the pixels begin (T.81 table B.1).
_FRAMES, _START_OF_SCAN = (0xC0, 0xC1, 0xC2), 0xDA
# A whole segment up to its length; a frame's precision, height, width and components (T.81 B.2.2).
_SEGMENT, _FRAME = struct.Struct(">BBH"), struct.Struct(">BHHB")

Tables = Mapping[int, Sequence[int]]


def size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a plain JPEG of 8-bit colour, in a twentieth of the time that a decoder takes to open it.

    None for whatever else begins ``data``, and where anything is odd: then a decoder has to say.
    """
    if not data.startswith(b"\xff\xd8"):
        return None
    found = None
    for marker, at in _segments(data):
        if marker == _START_OF_SCAN:
            return found
        if data.startswith(b"MPF\0", at):  # several pictures in one file
            return None
        if marker in _FRAMES:
            precision, height, width, components = _FRAME.unpack_from(data, at)
            found = (width, height) if (precision, components) == (8, 3) and width and height else None
    return None


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Marker and position of each segment's content, as long as one follows the other and all are whole."""
    at = 2
    while at + 32 <= len(data):
        mark, marker, length = _SEGMENT.unpack_from(data, at)
        if mark != 0xFF or not 0xC0 <= marker <= 0xFE or length < 2:
            return
        yield marker, at + _SEGMENT.size
        at += 2 + length


def quality(tables: Tables) -> int | None:
    """The libjpeg quality (1 to 100) whose luminance table is nearest; exact for whatever libjpeg wrote."""
    return _nearest(tuple(tables[0])) if 0 in tables else None


def fingerprint(tables: Tables) -> str | None:
    """Sixteen hex digits that differ where the tables do."""
    if not tables:
        return None
    text = ";".join(f"{number}:{','.join(map(str, table))}" for number, table in sorted(tables.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def _scaled() -> npt.NDArray[np.int64]:
    """The luminance table at each quality from 1 to 100: 100 rows of 64."""
    qualities = np.arange(1, 101)
    percent = np.where(qualities < 50, 5000 // qualities, 200 - 2 * qualities)
    scaled: npt.NDArray[np.int64] = np.clip((_LUMINANCE * percent[:, None] + 50) // 100, 1, 255)
    return scaled


@lru_cache(4_096)
def _nearest(table: tuple[int, ...]) -> int:
    distance = np.abs(_scaled() - np.array(table)).sum(axis=1)
    return int(np.argmin(distance)) + 1
