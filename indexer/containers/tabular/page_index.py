"""Find images of a Parquet file that are slices of the file: one per data page, uncompressed and not encoded.

The page index lists the pages of a column with their first rows, and since format 2.10 the bytes of the values of each
page. A page ends with its values. So an image that has a page of its own is known from the end of the file, without
reading a page, and is read without decoding one. ``pyarrow`` does not expose the page index.

Source: https://github.com/apache/parquet-format, ``src/main/thrift/parquet.thrift`` and ``PageIndex.md``.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.tabular.thrift import Struct, read_struct

_TAIL = 8  # bytes: the length of the footer, and PAR1
_LARGEST = 64 << 20  # bytes of a footer or an index that is read
_LENGTH = 4  # bytes before each value: PLAIN encoding of BYTE_ARRAY
_BYTE_ARRAY, _UNCOMPRESSED = 6, 0
_PLAIN, _LEVELS = 0, (3, 4)  # RLE and BIT_PACKED


@dataclass(frozen=True, slots=True)
class CellSlice:
    """The bytes of the cell in a row of the file."""

    row: int
    offset: int
    size: int


def cell_slices(content: ByteRange, columns: Mapping[str, str]) -> dict[str, list[CellSlice]]:
    """Return the cells that are slices, in row order, for each of ``columns``: name -> path in the schema.

    Files without a page index, and those that cannot be understood, have none.
    """
    if not columns:
        return {}
    try:
        footer: Any = read_struct(_footer(content))
        return {name: list(_slices_of(content, footer[4], path)) for name, path in columns.items()}
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return {name: [] for name in columns}


def _slices_of(content: ByteRange, groups: Any, path: str) -> Iterator[CellSlice]:
    first = 0
    for group in groups:
        for chunk in group[1]:
            if b".".join(chunk[3][3]).decode() == path:
                yield from _slices(content, chunk, first, group[3])
        first += group[3]


def _footer(content: ByteRange) -> bytes:
    size = content.size
    length, magic = struct.unpack("<I4s", content.read(size - _TAIL, _TAIL))
    if magic != b"PAR1" or length > min(size - _TAIL, _LARGEST):
        raise ValueError("no footer that can be read")
    return content.read(size - _TAIL - length, length)


def _slices(content: ByteRange, chunk: Any, first: int, rows: int) -> list[CellSlice]:
    """Return the slices of a column chunk, whose first row is row ``first`` of the file."""
    if not _is_plain(chunk[3]) or 4 not in chunk or not 0 < chunk[5] <= _LARGEST:
        return []
    index = read_struct(content.read(chunk[4], chunk[5]))
    found = [CellSlice(first + row, offset, size) for row, offset, size in _single_values(index, rows)]
    are_inside = all(_LENGTH <= one.offset <= content.size - one.size for one in found)
    are_slices = are_inside and all(_has_length(content, one) for one in (*found[:1], *found[-1:]))
    return found if are_slices else []


def _is_plain(chunk: Struct) -> bool:
    """Return whether the values of a column chunk are stored as they are (ColumnMetaData)."""
    encodings = chunk[2]
    return (
        chunk[1] == _BYTE_ARRAY
        and chunk[4] == _UNCOMPRESSED
        and 11 not in chunk  # a dictionary
        and isinstance(encodings, list)
        and all(one == _PLAIN or one in _LEVELS for one in encodings)
    )


def _single_values(index: Any, rows: int) -> Iterator[tuple[int, int, int]]:
    """Yield row, offset and size of values with pages of their own (OffsetIndex); nulls have no bytes."""
    pages, sizes = index[1], index[2]
    starts = [*(page[3] for page in pages), rows]
    for page, size, (row, following) in zip(pages, sizes, pairwise(starts), strict=True):
        if 0 <= row < rows and following == row + 1 and 0 < size <= page[2] - _LENGTH:
            yield row, page[1] + page[2] - size, size


def _has_length(content: ByteRange, cell: CellSlice) -> bool:
    return content.read(cell.offset - _LENGTH, _LENGTH) == struct.pack("<I", cell.size)
