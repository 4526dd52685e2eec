"""Read cells of Arrow and Parquet files in row order."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.base.errors import BadData, SourceError, message_of, reason_of
from indexer.base.remote import Root
from indexer.containers.kinds import Kind
from indexer.containers.members.answers import Answer
from indexer.containers.models import ArchiveLimits, Container, MemberRef
from indexer.containers.opening import opened_volume
from indexer.containers.tabular.files import arrow_batches, parquet, path_of

NOT_IN_FILE = "only a path, no bytes"
NO_IMAGE = "empty cell"

_ROWS_AT_A_TIME = 16
_DAMAGE = (pa.ArrowException, OSError, KeyError, IndexError, ValueError)


def read_cells(container: Container, members: Sequence[MemberRef], limits: ArchiveLimits) -> Iterator[Answer]:
    """Yield key and bytes of each cell, in row order; about ``_ROWS_AT_A_TIME`` rows are in memory at a time.

    If pages are damaged, the cells of their row group (Parquet), or all that follow (Arrow), are bad data.

    Raises:
        SourceError: the file vanished or changed since it was listed.
    """
    with opened_volume(container.root, container.volumes[0]):
        pass  # opening checks that the file is unchanged
    reader = _read_parquet if container.kind == Kind.PARQUET else _read_arrow
    cells = sorted((_cell(member) for member in members), key=lambda cell: (cell.row, cell.column))
    try:
        for key, data in _whole(reader(path_of(container), cells), cells):
            if isinstance(data, bytes) and len(data) > limits.member_size:
                yield key, BadData("over the size limit", f"{len(data)} bytes")
            else:
                yield key, data
    except OSError as error:
        raise SourceError(
            f"{path_of(container)} cannot be read ({reason_of(error)}): see to its disk or network"
        ) from error


@dataclass(frozen=True, slots=True)
class _Cell:
    row: int
    column: str
    key: int


def _whole(answers: Iterator[Answer], cells: Sequence[_Cell]) -> Iterator[Answer]:
    """Yield ``answers``, then bad data for those of ``cells`` that got no answer because of damage."""
    left = {cell.key: None for cell in cells}
    try:
        for key, answer in answers:
            left.pop(key)
            yield key, answer
    except _DAMAGE as error:
        # Errors of the disk or the network have a number, Arrow's own have none.
        if isinstance(error, OSError) and error.errno:
            raise
        bad = BadData("damaged", message_of(error)[:200])
        yield from ((key, bad) for key in left)


def _cell(member: MemberRef) -> _Cell:
    row, _, column = (member.name or "").partition("/")
    return _Cell(int(row), column, member.key)


def _read_arrow(path: Root, cells: Sequence[_Cell]) -> Iterator[Answer]:
    """Yield cells from the batches that have some; other batches are not read."""
    left, first = list(reversed(cells)), 0
    for batch in arrow_batches(path):
        yield from _taken(batch, first, left)
        first += batch.num_rows
        if not left:
            return
    if left:
        raise IndexError(f"row {left[-1].row} of {first}")


def _taken(batch: pa.RecordBatch, first: int, left: list[_Cell]) -> Iterator[Answer]:
    """Yield the cells of ``batch``, whose first row is row ``first`` of the file, and remove them from ``left``.

    ``left`` has the last row first.
    """
    while left and left[-1].row < first + batch.num_rows:
        cell = left.pop()
        yield cell.key, _value(batch.column(cell.column), cell.row - first)


def _value(column: pa.Array, row: int) -> bytes | BadData:
    one = column.slice(row, 1)
    one.validate(full=True)
    value = one.to_pylist()[0]
    if isinstance(value, dict):
        missing = NOT_IN_FILE if value.get("path") is not None else NO_IMAGE
        value = value["bytes"]
    else:
        missing = NO_IMAGE
    return BadData(missing) if value is None else bytes(value)


def _read_parquet(path: Root, cells: Sequence[_Cell]) -> Iterator[Answer]:
    """Yield cells row group by row group; of each row group the columns needed, a few rows at a time."""
    with parquet(path) as file:
        ends = _row_group_ends(file)
        for group, members in groupby(cells, key=lambda cell: bisect_right(ends, cell.row)):
            chosen = list(members)
            yield from _whole(_read_row_group(file, group, ends, chosen), chosen)


def _row_group_ends(file: pq.ParquetFile) -> list[int]:
    ends, rows = [], 0
    for group in range(file.num_row_groups):
        rows += file.metadata.row_group(group).num_rows
        ends.append(rows)
    return ends


def _read_row_group(file: pq.ParquetFile, group: int, ends: Sequence[int], cells: Sequence[_Cell]) -> Iterator[Answer]:
    if group == len(ends):
        raise IndexError(f"row {cells[0].row} of {ends[-1] if ends else 0}")
    first = ends[group - 1] if group else 0
    left = list(reversed(cells))
    columns = sorted({cell.column for cell in cells})
    for batch in file.iter_batches(batch_size=_ROWS_AT_A_TIME, row_groups=[group], columns=columns, use_threads=False):
        yield from _taken(batch, first, left)
        first += batch.num_rows
        if not left:
            return
