"""Arrow and Parquet: a row and column is a member, listed without touching the bytes of the images.

Columns of images are those of the type ``struct<bytes, path>`` or of bytes (img2dataset names one after its encoding),
less those that the features of `datasets <https://huggingface.co/docs/datasets>`_ call something else. Sizes are known
where offsets give them: in Arrow files, through a memory map; in Parquet only reading tells.

Neither format has checksums over an Arrow file's bodies, so a listing here proves structure, never contents.
"""

import json
import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from indexer.containers.shapes import (
    MEMBER_SCHEMA,
    Access,
    Container,
    Finding,
    Kind,
    Limits,
    Report,
    Status,
    Wanted,
)
from indexer.errors import BadData, SourceError

NOT_IN_FILE = "only a path, no bytes"
NO_IMAGE = "empty cell"

_ROWS = 65_536
_READ_ROWS = 16
_BUFFER = 1 << 20
_FILE_MAGIC = b"ARROW1"
_STREAM_END = b"\xff\xff\xff\xff\0\0\0\0"


def list_cells(container: Container, limits: Limits) -> Iterator[pa.RecordBatch | Report]:
    """The cells of a container's image columns row by row, as batches of MEMBER_SCHEMA; the report comes last."""
    rows = listed = 0
    lister = _list_parquet if container.kind == Kind.PARQUET else _list_arrow
    try:
        for length, batch in lister(container):
            rows += length
            listed += batch.num_rows if batch else 0
            _keep_within(listed, limits)
            if batch:
                yield batch
        yield _report(container, rows, listed)
    except (pa.ArrowException, OSError, ValueError, BadData) as error:
        status = Status.PARTIAL if listed else Status.FAILED
        reason = _one_line(error)
        yield Report(status, reason, None, listed, rows, (Finding("unreadable", reason),))


def _keep_within(listed: int, limits: Limits) -> None:
    if listed > limits.members:
        raise BadData("more members than the limit", f"{limits.members:,}")


def read_cells(container: Container, wanted: Sequence[Wanted]) -> Iterator[tuple[int, bytes | BadData]]:
    """Key and bytes of each wanted cell, in row order; some ``_READ_ROWS`` rows are in memory at a time.

    Raises:
        SourceError: the file vanished, or has other columns or fewer rows than when it was listed.
    """
    reader = _read_parquet if container.kind == Kind.PARQUET else _read_arrow
    cells = sorted((_cell(want) for want in wanted), key=lambda cell: (cell.row, cell.column))
    try:
        yield from reader(_path(container), cells)
    except (OSError, KeyError, IndexError, ValueError) as error:
        raise SourceError(f"{_path(container)} has changed since the scan ({_one_line(error)}): scan again") from error


def scalar_rows(container: Container, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
    """Text, numbers, dates and truth values of every row (those of ``columns``), as Arrow batches of a few thousand.

    Raises:
        pa.ArrowException, OSError: the file cannot be read.
    """
    schema = _schema(container)
    names = [f.name for f in schema if is_scalar(f.type) and (columns is None or f.name in columns)]
    if container.kind == Kind.PARQUET:
        with _parquet(_path(container)) as file:
            yield from file.iter_batches(batch_size=8_192, columns=names)
        return
    for batch in _arrow_batches(_path(container)):
        chosen = batch.select(names)
        chosen.validate(full=True)
        yield chosen


def is_scalar(kind: pa.DataType) -> bool:
    """Whether a column holds text, numbers, dates or truth values: no bytes, nothing nested."""
    tests = (pa.types.is_nested, pa.types.is_null, pa.types.is_fixed_size_binary, _is_bytes)
    return not any(test(kind) for test in tests)


def image_columns(schema: pa.Schema) -> tuple[str, ...]:
    """The columns that hold images, in the schema's order."""
    features = _features(schema)
    return tuple(f.name for f in schema if _may_be_image(f.type) and _is_called_image(features.get(f.name)))


def _may_be_image(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        names = {kind.field(index).name: kind.field(index).type for index in range(kind.num_fields)}
        return set(names) == {"bytes", "path"} and _is_bytes(names["bytes"])
    return _is_bytes(kind)


def _is_bytes(kind: pa.DataType) -> bool:
    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view)
    return any(test(kind) for test in tests)


def _is_called_image(feature: Any) -> bool:
    """What ``datasets`` calls it: Image, LargeImage or plain bytes; where there is no word, the type decides."""
    if not isinstance(feature, dict):
        return True
    kind = str(feature.get("_type", ""))
    return kind.endswith("Image") or (kind == "Value" and "binary" in str(feature.get("dtype", "")))


def _features(schema: pa.Schema) -> dict[str, Any]:
    """Feature by column out of the schema's ``huggingface`` metadata, as ``datasets`` writes it; empty without it."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, ValueError, TypeError):
        return {}
    return features if isinstance(features, dict) else {}


def _report(container: Container, rows: int, listed: int) -> Report:
    if container.kind == Kind.ARROW and not _has_end(_path(container)):
        reason = "the stream has no end marker: rows may be missing"
        return Report(Status.PARTIAL, reason, None, listed, rows, (Finding("truncated", reason),))
    return Report(Status.COMPLETE, None, listed, listed, rows)


def _has_end(path: Path) -> bool:
    with path.open("rb") as file:
        is_stream = file.read(len(_FILE_MAGIC)) != _FILE_MAGIC
        file.seek(-min(len(_STREAM_END), path.stat().st_size), 2)
        return not is_stream or file.read() == _STREAM_END


def _list_arrow(container: Container) -> Iterator[tuple[int, pa.RecordBatch | None]]:
    """Row count and cells of each record batch; of the bytes only the offsets are touched."""
    first = 0
    names = image_columns(_schema(container))
    for batch in _arrow_batches(_path(container)):
        cells = [_sizes(batch, name) for name in names]
        yield batch.num_rows, _rows(container, names, first, cells) if names and batch.num_rows else None
        first += batch.num_rows


def _sizes(batch: pa.RecordBatch, name: str) -> tuple[pa.Array, pa.Array]:
    """Sizes of a column's cells, null where there are no bytes, and why there are none."""
    column = batch.column(name)
    column.validate(full=True)  # offsets that point anywhere would crash whoever follows them
    if not pa.types.is_struct(column.type):
        return _lengths(column), pc.if_else(column.is_valid(), None, NO_IMAGE)
    sizes = _lengths(pc.struct_field(column, "bytes"))
    has_path = pc.struct_field(column, "path").is_valid()
    return sizes, pc.if_else(
        sizes.is_valid(), pa.scalar(None, pa.string()), pc.if_else(has_path, NOT_IN_FILE, NO_IMAGE)
    )


def _lengths(column: pa.Array) -> pa.Array:
    if not pa.types.is_binary_view(column.type):
        return pc.cast(pc.binary_length(column), pa.int64())
    # A view is 16 bytes, its length the first four (Arrow columnar format, "Variable-size Binary View Layout").
    lengths = np.frombuffer(column.buffers()[1], "<i4")[::4][column.offset : column.offset + len(column)]
    return pc.if_else(column.is_valid(), pa.array(lengths, pa.int64()), pa.scalar(None, pa.int64()))


def _list_parquet(container: Container) -> Iterator[tuple[int, pa.RecordBatch | None]]:
    """Row count and cells by the footer alone."""
    with _parquet(_path(container)) as file:
        names, rows = image_columns(file.schema_arrow), file.metadata.num_rows
    for first in range(0, rows, _ROWS):
        length = min(_ROWS, rows - first)
        unknown = (pa.nulls(length, pa.int64()), pa.nulls(length, pa.string()))
        yield length, _rows(container, names, first, [unknown] * len(names)) if names else None


def _rows(
    container: Container, names: Sequence[str], first: int, cells: Sequence[tuple[pa.Array, pa.Array]]
) -> pa.RecordBatch:
    """Cells row by row: of ``n`` image columns, that of row ``r`` and column ``c`` has the ordinal ``r * n + c``."""
    length = len(cells[0][0])
    numbers = pa.array(range(first, first + length), pa.int64())
    spelled = pc.cast(numbers, pa.string())
    by_column = [
        _batch(
            length,
            ordinal=pc.add(pc.multiply(numbers, len(names)), index),
            name=pc.binary_join_element_wise(spelled, name, "/"),
            size=sizes,
            problem=problems,
            path=pa.repeat(container.path, length),
            access=pa.repeat(str(Access.CELL), length),
        )
        for index, (name, (sizes, problems)) in enumerate(zip(names, cells, strict=True))
    ]
    table = pa.Table.from_batches(by_column).combine_chunks().sort_by("ordinal")
    return table.to_batches()[0]


def _batch(length: int, **columns: pa.Array) -> pa.RecordBatch:
    arrays = [columns.get(f.name) for f in MEMBER_SCHEMA]
    filled = [pa.nulls(length, f.type) if a is None else a for a, f in zip(arrays, MEMBER_SCHEMA, strict=True)]
    return pa.record_batch(filled, schema=MEMBER_SCHEMA)


@dataclass(frozen=True, slots=True)
class _Cell:
    row: int
    column: str
    key: int


def _cell(want: Wanted) -> _Cell:
    row, _, column = (want.name or "").partition("/")
    return _Cell(int(row), column, want.key)


def _read_arrow(path: Path, cells: Sequence[_Cell]) -> Iterator[tuple[int, bytes | BadData]]:
    """Cells out of the batches that hold some: bodies of the others are never touched."""
    left, first = list(reversed(cells)), 0
    for batch in _arrow_batches(path):
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


def _read_parquet(path: Path, cells: Sequence[_Cell]) -> Iterator[tuple[int, bytes | BadData]]:
    """Cells row group by row group; of a row group the wanted columns, a few rows at a time."""
    with _parquet(path) as file:
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
    for index, end in enumerate(ends):
        if row < end:
            return index
    raise IndexError(f"row {row} of {ends[-1] if ends else 0}")


def _read_row_group(
    file: pq.ParquetFile, group: int, first: int, cells: Sequence[_Cell]
) -> Iterator[tuple[int, bytes | BadData]]:
    left = list(reversed(cells))
    columns = sorted({cell.column for cell in cells})
    for batch in file.iter_batches(batch_size=_READ_ROWS, row_groups=[group], columns=columns, use_threads=False):
        while left and left[-1].row < first + batch.num_rows:
            cell = left.pop()
            yield cell.key, _value(batch.column(cell.column), cell.row - first)
        first += batch.num_rows
        if not left:
            return


def _path(container: Container) -> Path:
    return container.root / container.volumes[0].path


def _schema(container: Container) -> pa.Schema:
    if container.kind == Kind.PARQUET:
        with _parquet(_path(container)) as file:
            return file.schema_arrow
    with _arrow_reader(_path(container)) as reader:
        return reader.schema


def _parquet(path: Path) -> pq.ParquetFile:
    return pq.ParquetFile(path, pre_buffer=False, buffer_size=_BUFFER)


def _arrow_batches(path: Path) -> Iterator[pa.RecordBatch]:
    """The record batches of an Arrow stream or file, through a memory map: nothing is read until it is touched."""
    with _arrow_reader(path) as reader:
        if isinstance(reader, pa.RecordBatchFileReader):
            yield from (reader.get_batch(index) for index in range(reader.num_record_batches))
        else:
            yield from reader


def _arrow_reader(path: Path) -> pa.RecordBatchFileReader | pa.RecordBatchStreamReader:
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    mapped.madvise(mmap.MADV_RANDOM)  # else the kernel reads megabytes of image around each offset
    opener = pa.ipc.open_file if mapped[: len(_FILE_MAGIC)] == _FILE_MAGIC else pa.ipc.open_stream
    return opener(pa.BufferReader(pa.py_buffer(mapped)))


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
