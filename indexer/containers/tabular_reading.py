"""Cells of Arrow and Parquet files, read back in row order."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.containers.opening import opened_volume
from indexer.containers.shapes import Container, Kind, Wanted
from indexer.containers.tabular_files import arrow_batches, parquet, path_of
from indexer.errors import BadData, SourceError
from indexer.remote import Root

NOT_IN_FILE = "only a path, no bytes"
NO_IMAGE = "empty cell"

_ROWS_AT_A_TIME = 16


def read_cells(container: Container, wanted: Sequence[Wanted]) -> Iterator[tuple[int, bytes | BadData]]:
    """Key and bytes of each wanted cell, in row order; some ``_ROWS_AT_A_TIME`` rows are in memory at a time.

    Raises:
        SourceError: the file vanished or changed since it was listed.
    """
    with opened_volume(container.root, container.volumes[0]):
        pass  # it is the one that was listed
    reader = _read_parquet if container.kind == Kind.PARQUET else _read_arrow
    cells = sorted((_cell(want) for want in wanted), key=lambda cell: (cell.row, cell.column))
    try:
        yield from reader(path_of(container), cells)
    except (OSError, KeyError, IndexError, ValueError) as error:
        raise SourceError(
            f"{path_of(container)} has changed since the scan ({' '.join(str(error).split())}): scan again"
        ) from error


@dataclass(frozen=True, slots=True)
class _Cell:
    row: int
    column: str
    key: int


def _cell(want: Wanted) -> _Cell:
    row, _, column = (want.name or "").partition("/")
    return _Cell(int(row), column, want.key)


def _read_arrow(path: Root, cells: Sequence[_Cell]) -> Iterator[tuple[int, bytes | BadData]]:
    """Cells out of the batches that hold some: bodies of the others are never touched."""
    left, first = list(reversed(cells)), 0
    for batch in arrow_batches(path):
        while left and left[-1].row < first + batch.num_rows:
            cell = left.pop()
            yield cell.key, _value(batch.column(cell.column), cell.row - first)
        first += batch.num_rows
        if not left:
            return
    if left:
        raise IndexError(f"row {left[-1].row} of {first}")


def _value(column: pa.Array, row: int) -> bytes | BadData:
    one = column.slice(row, 1)
    one.validate(full=True)
    value = one.to_pylist()[0]
    if isinstance(value, dict):
        missing = NOT_IN_FILE if value["path"] is not None else NO_IMAGE
        value = value["bytes"]
    else:
        missing = NO_IMAGE
    return BadData(missing) if value is None else bytes(value)


def _read_parquet(path: Root, cells: Sequence[_Cell]) -> Iterator[tuple[int, bytes | BadData]]:
    """Cells row group by row group; of a row group the wanted columns, a few rows at a time."""
    with parquet(path) as file:
        ends = _row_group_ends(file)
        for group, members in groupby(cells, key=lambda cell: _index_of(cell.row, ends)):
            first = ends[group - 1] if group else 0
            yield from _read_row_group(file, group, first, list(members))


def _row_group_ends(file: pq.ParquetFile) -> list[int]:
    ends, rows = [], 0
    for group in range(file.num_row_groups):
        rows += file.metadata.row_group(group).num_rows
        ends.append(rows)
    return ends


def _index_of(row: int, ends: Sequence[int]) -> int:
    index = bisect_right(ends, row)
    if index == len(ends):
        raise IndexError(f"row {row} of {ends[-1] if ends else 0}")
    return index


def _read_row_group(
    file: pq.ParquetFile, group: int, first: int, cells: Sequence[_Cell]
) -> Iterator[tuple[int, bytes | BadData]]:
    left = list(reversed(cells))
    columns = sorted({cell.column for cell in cells})
    for batch in file.iter_batches(batch_size=_ROWS_AT_A_TIME, row_groups=[group], columns=columns, use_threads=False):
        while left and left[-1].row < first + batch.num_rows:
            cell = left.pop()
            yield cell.key, _value(batch.column(cell.column), cell.row - first)
        first += batch.num_rows
        if not left:
            return
