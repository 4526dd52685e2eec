"""Sparse members of a tar: the tar has their pieces of data, and a map of where each belongs.

GNU tar manual, "Storing Sparse Files": the old format (type S, map in the header), and the pax formats 0.0, 0.1 (map in
records) and 1.0 (map in front of the data), which bsdtar writes, too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from indexer.base.errors import BadData
from indexer.containers.bytes.tar_header import LARGEST, RECORD, number, whole_number
from indexer.containers.bytes.volumes import BLOCK
from indexer.containers.members.entry import Bytes

_MOST_PIECES = 1 << 20
_HEADER_MAP, _HEADER_PIECES = 386, 4
_RECORD_PIECES, _CONTINUED_AT = 21, 504


@dataclass(frozen=True, slots=True)
class SparseMap:
    """Where the pieces of a member belong: (offset, size) in bytes, in order; the rest of ``size`` bytes are zeros.

    ``skipped`` bytes precede the pieces in the member's data.
    """

    pieces: tuple[tuple[int, int], ...]
    size: int
    skipped: int = 0

    @property
    def stored(self) -> int:
        """Return how many bytes all pieces have."""
        return sum(size for _, size in self.pieces)

    def expanded(self, content: Bytes, offset: int) -> Iterator[bytes]:
        """Yield all bytes of the member whose data begin at ``offset``. Raises BadData."""
        position, offset = 0, offset + self.skipped
        for start, size in self.pieces:
            yield from _zeros(start - position)
            for done in range(0, size, BLOCK):
                block = content.read(offset + done, min(BLOCK, size - done))
                if len(block) < min(BLOCK, size - done):
                    raise BadData("truncated", f"a piece of {size} bytes ends early")
                yield block
            position, offset = start + size, offset + size
        yield from _zeros(self.size - position)


def _zeros(size: int) -> Iterator[bytes]:
    for done in range(0, size, BLOCK):
        yield bytes(min(BLOCK, size - done))


def old_map(raw: bytes, extension: bytes) -> SparseMap | None:
    """Return the map of a header of type S and of the records that continue it, or None if it is damaged."""
    try:
        pieces = _pieces_in(raw, _HEADER_MAP, _HEADER_PIECES)
        for start in range(0, len(extension), RECORD):
            pieces += _pieces_in(extension[start : start + RECORD], 0, _RECORD_PIECES)
        return _checked(pieces, number(raw[483:495]), 0)
    except ValueError:
        return None


def _pieces_in(raw: bytes, start: int, count: int) -> list[tuple[int, int]]:
    places = range(start, start + 24 * count, 24)
    found = [(number(raw[place : place + 12]), number(raw[place + 12 : place + 24])) for place in places]
    return [piece for piece in found if piece != (0, 0)]


def pax_map(records: Mapping[str, bytes], content: Bytes, offset: int) -> SparseMap | None:
    """Return the map of a member with ``records``, whose data begin at ``offset``, or None if it is damaged."""
    size = whole_number(records.get("GNU.sparse.realsize", records.get("GNU.sparse.size", b"")))
    if size is None:
        return None
    if records.get("GNU.sparse.major", b"0") != b"0":
        found = _map_in_front(content, offset)
        return _checked(found[0], size, found[1]) if found else None
    if "GNU.sparse.map" in records:
        numbers = _numbers(records["GNU.sparse.map"].split(b","))
    else:
        offsets = records.get("GNU.sparse.offset", b"").split(b",")
        sizes = records.get("GNU.sparse.numbytes", b"").split(b",")
        numbers = _numbers([each for pair in zip(offsets, sizes, strict=False) for each in pair])
    return _checked(_paired(numbers), size, 0) if numbers is not None else None


def _map_in_front(content: Bytes, offset: int) -> tuple[list[tuple[int, int]], int] | None:
    """Return the pieces of a map in lines of decimal numbers, and its size in whole records."""
    text = b""
    while len(text) < RECORD * _MOST_PIECES // 16:
        record = content.read(offset + len(text), RECORD)
        text += record
        lines = text.split(b"\n")
        count = whole_number(lines[0])
        if len(record) < RECORD or count is None or count > _MOST_PIECES:
            return None
        if len(lines) > 2 * count + 1:
            numbers = _numbers(lines[1 : 2 * count + 1])
            return (_paired(numbers), len(text)) if numbers is not None else None
    return None


def _numbers(texts: list[bytes]) -> list[int] | None:
    numbers = [found for text in texts if (found := whole_number(text)) is not None]
    return numbers if len(numbers) == len(texts) and len(numbers) <= 2 * _MOST_PIECES else None


def _paired(numbers: list[int]) -> list[tuple[int, int]]:
    return list(zip(numbers[::2], numbers[1::2], strict=False))


def _checked(pieces: list[tuple[int, int]], size: int, skipped: int) -> SparseMap | None:
    """Return the map if its pieces are in order and inside the member, else None."""
    in_order = all(start + length <= following for (start, length), (following, _) in pairwise(pieces))
    ends = [start + length for start, length in pieces]
    is_sound = in_order and 0 <= size <= LARGEST and all(0 <= end <= size for end in ends)
    return SparseMap(tuple(pieces), size, skipped) if is_sound else None
