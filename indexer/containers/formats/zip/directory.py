"""Parse a zip's directory, many headers at a time.

APPNOTE.TXT 6.3.10, 4.3.12 (headers), 4.5.3 (ZIP64). Numpy parses all headers of some megabytes at once: two to
four million members per second; a loop parses a few hundred thousand. Memory is bounded by one block.
"""

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from isal import isal_zlib

from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.formats.zip.end import End

BLOCK = 8 << 20
HEADER = np.dtype(
    [
        ("signature", "<u4"), ("made_by", "<u2"), ("needs", "<u2"), ("flags", "<u2"), ("method", "<u2"),
        ("time", "<u2"), ("date", "<u2"), ("crc32", "<u4"), ("packed_size", "<u4"), ("size", "<u4"),
        ("name", "<u2"), ("extra", "<u2"), ("comment", "<u2"), ("disk", "<u2"), ("internal", "<u2"),
        ("external", "<u4"), ("offset", "<u4"),
    ]
)  # fmt: skip
_SIGNATURE = b"PK\1\2"
_LENGTHS = struct.Struct("<3H")
_LENGTHS_AT = (28, 30, 32)  # in a header: of name, extra fields, comment
_MOST_EXTRA_FIELDS = 64
_ZIP64, _UNICODE_PATH = 0x0001, 0x7075
_UNICODE_PATH_HEAD = re.compile(rb"up.[\x00-\x03]\x01", re.DOTALL)

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Block:
    """The headers in one block of the directory. ``first`` is the first ordinal; arrays have one item per header.

    ``offset`` counts from the start of the byte range; -1 if the header's disk is missing.
    """

    first: int
    data: npt.NDArray[np.uint8]
    position: Ints
    header: npt.NDArray[np.void]
    size: Ints
    packed_size: Ints
    offset: Ints

    def __len__(self) -> int:
        return len(self.position)

    @property
    def name_start(self) -> Ints:
        """Return where each name begins in ``data``."""
        return self.position + HEADER.itemsize

    @property
    def name_size(self) -> Ints:
        """Return the size of each name."""
        return self.header["name"].astype(np.int64)

    def name(self, row: int) -> bytes:
        """Return the name of one member."""
        start = int(self.name_start[row])
        return self.data[start : start + int(self.name_size[row])].tobytes()

    def names(self) -> pa.Array:
        """Return all names, unchanged, as a binary array."""
        return _cut_out(self.data, self.name_start, self.name_start + self.name_size)

    def unicode_paths(self) -> dict[int, bytes]:
        """Return by row the UTF-8 names of field 0x7075 (APPNOTE.TXT 4.6.9) that belong to the stored names."""
        if not _UNICODE_PATH_HEAD.search(self.data.data):  # one fast search instead of a walk through all fields
            return {}
        start = self.name_start + self.name_size
        rows, places, sizes = _find_field(self.data, start, start + self.header["extra"], _UNICODE_PATH)
        found = {}
        for row, place, size in zip(rows.tolist(), places.tolist(), sizes.tolist(), strict=True):
            field = self.data[place : place + max(0, size)].tobytes()
            if field[:1] == b"\1" and field[1:5] == struct.pack("<L", isal_zlib.crc32(self.name(row))) and field[5:]:
                found[row] = field[5:]
        return found


def read_blocks(window: ByteRange, end: End, starts: Sequence[int]) -> Iterator[Block]:
    """Yield the directory that ``end`` points to in blocks, up to the first position without a header.

    ``starts`` is where each disk begins in the byte range. Raises BadData if a volume with directory bytes is missing.
    """
    disks = np.asarray(starts, np.int64)
    position, stop, first, rest = max(0, end.directory_position), end.position, 0, b""
    while position < stop or rest:
        piece = window.read(position, min(BLOCK, stop - position))
        position += len(piece)
        data = rest + piece
        headers, used = _headers(data)
        if len(headers):
            yield _block(first, data, headers, disks)
        elif not piece or not data.startswith(_SIGNATURE):
            return
        first += len(headers)
        rest = data[used:]


def _headers(data: bytes) -> tuple[Ints, int]:
    """Return where the complete headers in ``data`` begin, and where the first incomplete one begins."""
    found = np.asarray(_candidates(data), np.int64)
    if not len(found) or found[0] != 0:
        return np.empty(0, np.int64), 0
    ends = found + HEADER.itemsize + _variable(data, found)
    if (ends[:-1] != found[1:]).any():  # the signature occurs in a name or a comment, or the chain breaks
        return _walk(data)
    whole = ends <= len(data)
    return found[whole], int(ends[whole][-1]) if whole.any() else 0


def _candidates(data: bytes) -> Ints:
    """Return every position of a header's signature that has room for a header."""
    content = np.frombuffer(data, np.uint8)
    found = np.flatnonzero(content[: max(0, len(content) - HEADER.itemsize + 1)] == _SIGNATURE[0])
    for distance, byte in enumerate(_SIGNATURE[1:], 1):
        found = found[content[found + distance] == byte]
    return found


def _variable(data: bytes, position: Ints) -> Ints:
    """Return the total size of name, extra fields and comment of the headers at ``position``."""
    at_each_byte = np.ndarray(len(data) - 1, "<u2", data, strides=1)
    total: Ints = np.sum([at_each_byte[position + place] for place in _LENGTHS_AT], axis=0, dtype=np.int64)
    return total


def _walk(data: bytes) -> tuple[Ints, int]:
    found, place = [], 0
    while place + HEADER.itemsize <= len(data) and data[place : place + 4] == _SIGNATURE:
        end = place + HEADER.itemsize + sum(_LENGTHS.unpack_from(data, place + _LENGTHS_AT[0]))
        if end > len(data):
            break
        found.append(place)
        place = end
    return np.asarray(found, np.int64), place


def _block(first: int, data: bytes, position: Ints, disks: Ints) -> Block:
    content = np.frombuffer(data, np.uint8)
    header = _take(content, position, HEADER.itemsize).view(HEADER).reshape(-1)
    size, packed, offset, disk = _unlimited(content, position, header)
    start = disks[np.where(disk < len(disks), disk, 0)]
    place = np.where((disk < len(disks)) & (start >= 0), start + offset, -1)
    return Block(first, content, position, header, size, packed, place)


def _take(content: npt.NDArray[np.uint8], position: Ints, size: int) -> npt.NDArray[np.uint8]:
    """Return ``size`` bytes from each position: an array of (positions, size)."""
    return np.lib.stride_tricks.sliding_window_view(content, size)[position]


def _unlimited(content: npt.NDArray[np.uint8], position: Ints, header: npt.NDArray[np.void]) -> list[Ints]:
    """Return size, packed size, offset and disk; from the ZIP64 field if the header's fields are too narrow (4.5.3)."""
    names = ("size", "packed_size", "offset", "disk")
    values = [header[name].astype(np.int64) for name in names]
    narrow = [values[i] == np.iinfo(header.dtype[name]).max for i, name in enumerate(names)]
    rows = np.flatnonzero(np.logical_or.reduce(narrow))
    if not len(rows):
        return values
    start = position[rows] + HEADER.itemsize + header["name"][rows]
    found, place, room = _find_field(content, start, start + header["extra"][rows], _ZIP64)
    rows = rows[found]
    for value, missing, width in zip(values, narrow, (8, 8, 8, 4), strict=True):
        fits = missing[rows] & (room >= width)
        value[rows[fits]] = _take(content, place[fits], width).view(f"<u{width}").reshape(-1).astype(np.int64)
        place, room = place + width * fits, room - width * fits
    return values


def _find_field(content: npt.NDArray[np.uint8], place: Ints, stop: Ints, kind: int) -> tuple[Ints, Ints, Ints]:
    """Find extra fields of a kind from ``place`` to ``stop``: return the items that have one, where its data begin, and
    their size.
    """
    rows, found = np.arange(len(place)), []
    place, stop = place.astype(np.int64), stop.astype(np.int64)
    for _ in range(_MOST_EXTRA_FIELDS):
        inside = place + 4 <= stop
        rows, place, stop = rows[inside], place[inside], stop[inside]
        if not len(rows):
            break
        heads = _take(content, place, 4).view("<u2").astype(np.int64)
        here = heads[:, 0] == kind
        found.append((rows[here], place[here] + 4, np.minimum(heads[here, 1], stop[here] - place[here] - 4)))
        rows, place, stop = rows[~here], (place + 4 + heads[:, 1])[~here], stop[~here]
    if not found:
        empty = np.empty(0, np.int64)
        return empty, empty, empty
    parts = [np.concatenate(column) for column in zip(*found, strict=True)]
    return parts[0], parts[1], parts[2]


def _cut_out(content: npt.NDArray[np.uint8], start: Ints, stop: Ints) -> pa.Array:
    """Return ranges of ``content`` as a binary array: every second item of an array that has the gaps as well."""
    offsets = np.empty(2 * len(start), np.int32)
    offsets[0::2], offsets[1::2] = start, stop
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(content)]
    both = pa.Array.from_buffers(pa.binary(), len(offsets) - 1, buffers)
    return both.take(pa.array(np.arange(0, len(offsets) - 1, 2)))
