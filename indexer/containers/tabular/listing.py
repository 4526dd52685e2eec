"""List Arrow and Parquet files: each image cell is a member, listed without reading the images.

Sizes are known in Arrow files, from offsets in a memory map. In Parquet files the page index gives size and offset of
images with pages of their own (:mod:`indexer.containers.tabular.page_index`); others are known after reading only, and
statistics show which cells are empty. Checksums of Parquet's pages, which few writers add, are compared by reading: a
listing proves the structure, not the contents.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from indexer.base.errors import BadData, message_of
from indexer.containers.kinds import Kind
from indexer.containers.members.rows import batch_from, shown
from indexer.containers.models import Access, ArchiveLimits, Container, ContainerStatus, Finding, ListingReport
from indexer.containers.opening import opened
from indexer.containers.tabular.class_names import class_names, with_class_names
from indexer.containers.tabular.columns import (
    has_paths,
    image_columns,
    is_scalar,
    nested_images,
    path_columns,
)
from indexer.containers.tabular.empty_cells import empty_cells
from indexer.containers.tabular.encoded_images import Form, encoded_images
from indexer.containers.tabular.files import arrow_batches, has_end, parquet, path_of, schema_of
from indexer.containers.tabular.page_index import CellSlice, cell_slices
from indexer.containers.tabular.reading import NO_IMAGE, NOT_IN_FILE

_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class _Cells:
    """Cells of one column: sizes, why there are no bytes, and offsets in the file; null where they are unknown."""

    sizes: pa.Array
    problems: pa.Array
    offsets: pa.Array

    def slice(self, first: int, length: int) -> "_Cells":
        return _Cells(*(array.slice(first, length) for array in (self.sizes, self.problems, self.offsets)))


def list_cells(container: Container, limits: ArchiveLimits) -> Iterator[pa.RecordBatch | ListingReport]:
    """Yield the cells of a container's image columns row by row, as batches of MEMBER_SCHEMA, then the report."""
    rows = listed = 0
    lister = _list_parquet if container.kind == Kind.PARQUET else _list_arrow
    try:
        schema, encoded = schema_of(container), encoded_images(container)
        names = [name for name in image_columns(schema) if name not in encoded]
        for length, batch in lister(container, names):
            rows += length
            listed += batch.num_rows if batch else 0
            _keep_within(listed, limits)
            if batch:
                yield batch
        yield _report(container, _encoded_findings(schema, encoded), rows, listed)
    except (pa.ArrowException, OSError, ValueError, BadData) as error:
        status = ContainerStatus.PARTIAL if listed else ContainerStatus.FAILED
        reason = message_of(error)
        yield ListingReport(status, reason, None, listed, rows, (Finding("unreadable", reason),))


def _keep_within(listed: int, limits: ArchiveLimits) -> None:
    if listed > limits.members:
        raise BadData("more members than the limit", f"{limits.members:,}")


def scalar_rows(container: Container, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
    """Yield text, numbers, dates and booleans of every row (those of ``columns``), as Arrow batches of a few thousand.

    They are not validated: offsets may be invalid, and texts may not be UTF-8. A ClassLabel has its name.

    Raises:
        pa.ArrowException, OSError, BadData: the file cannot be read.
    """
    schema = schema_of(container)
    parents = {part for name in columns or () for part in (name, name.partition(".")[0])}
    names = [f.name for f in schema if is_scalar(f.type) and (columns is None or f.name in parents)]
    classes = class_names(schema)
    if container.kind == Kind.PARQUET:
        with parquet(path_of(container)) as file:
            batches = file.iter_batches(batch_size=8_192, columns=names)
            yield from (with_class_names(batch, classes) for batch in batches)
        return
    for batch in arrow_batches(path_of(container)):
        yield with_class_names(batch.select(names), classes)


def _report(container: Container, findings: Sequence[Finding], rows: int, listed: int) -> ListingReport:
    if container.kind == Kind.ARROW and not has_end(path_of(container)):
        reason = "the stream has no end marker: rows may be missing"
        return ListingReport(ContainerStatus.PARTIAL, reason, None, listed, rows, (Finding("truncated", reason),))
    if findings:
        reason = f"{findings[0].code}: {findings[0].detail}"
        return ListingReport(ContainerStatus.PARTIAL, reason, None, listed, rows, tuple(findings))
    return ListingReport(ContainerStatus.COMPLETE, None, listed, listed, rows)


def _encoded_findings(schema: pa.Schema, encoded: Mapping[str, Form]) -> list[Finding]:
    """Return findings about the columns whose images are not listed."""
    forms = {**{name: f"a {kind}" for name, kind in nested_images(schema)}, **encoded}
    findings = [
        Finding(
            "base64-column" if form == Form.BASE64 else "nested-column",
            f"column {name} holds images in {form}: they are not listed",
        )
        for name, form in forms.items()
    ]
    findings += [
        Finding("path-column", f"column {name} holds only paths: its images are not in the file")
        for name in path_columns(schema)
    ]
    return findings


def _list_arrow(container: Container, names: Sequence[str]) -> Iterator[tuple[int, pa.RecordBatch | None]]:
    """Yield row count and cells of each record batch; only offsets are read, not bytes."""
    first = 0
    for batch in arrow_batches(path_of(container)):
        cells = [_sizes(batch, name) for name in names]
        yield batch.num_rows, _rows(container, names, first, cells) if names and batch.num_rows else None
        first += batch.num_rows


def _sizes(batch: pa.RecordBatch, name: str) -> _Cells:
    """Return the sizes of a column's cells (null if there are no bytes), and why there are none."""
    column = batch.column(name)
    column.validate(full=True)  # using invalid offsets would crash the process
    return _Cells(*_sizes_of(column), pa.nulls(len(column), pa.int64()))


def _sizes_of(column: pa.Array) -> tuple[pa.Array, pa.Array]:
    sizes = _lengths(pc.struct_field(column, "bytes") if pa.types.is_struct(column.type) else column)
    none = pa.scalar(None, pa.string())
    if not has_paths(column.type):
        return sizes, pc.if_else(sizes.is_valid(), none, NO_IMAGE)
    has_path = pc.struct_field(column, "path").is_valid()
    return sizes, pc.if_else(sizes.is_valid(), none, pc.if_else(has_path, NOT_IN_FILE, NO_IMAGE))


def _lengths(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        return _lengths(column.dictionary).take(column.indices)
    if not pa.types.is_binary_view(column.type):
        return pc.cast(pc.binary_length(column), pa.int64())
    # A view is 16 bytes, its length the first four (Arrow columnar format, "Variable-size Binary View Layout").
    lengths = np.frombuffer(column.buffers()[1], "<i4")[::4][column.offset : column.offset + len(column)]
    return pc.if_else(column.is_valid(), pa.array(lengths, pa.int64()), pa.scalar(None, pa.int64()))


def _list_parquet(container: Container, names: Sequence[str]) -> Iterator[tuple[int, pa.RecordBatch | None]]:
    """Yield row count and cells, from the footer and the page index, and from the paths of images if some are empty."""
    with parquet(path_of(container)) as file, opened(container) as content:
        schema, rows = file.schema_arrow, file.metadata.num_rows
        leaves = {name: f"{name}.bytes" if pa.types.is_struct(schema.field(name).type) else name for name in names}
        slices = cell_slices(content.window, _indexed(file, leaves))
        columns = [_parquet_cells(slices.get(name, ()), empty_cells(file, name)) for name in names]
    for first in range(0, rows, _ROWS):
        length = min(_ROWS, rows - first)
        cells = [column.slice(first, length) for column in columns]
        yield length, _rows(container, names, first, cells) if names else None


def _indexed(file: pq.ParquetFile, leaves: Mapping[str, str]) -> dict[str, str]:
    """Return those of ``leaves`` that are uncompressed and in the page index, by the first row group."""
    group = file.metadata.row_group(0) if file.num_row_groups else None
    chunks = [group.column(index) for index in range(group.num_columns)] if group else []
    found = {one.path_in_schema for one in chunks if one.has_offset_index and one.compression == "UNCOMPRESSED"}
    return {name: leaf for name, leaf in leaves.items() if leaf in found}


def _parquet_cells(slices: Sequence[CellSlice], problems: pa.Array) -> _Cells:
    numbers = np.zeros((2, len(problems)), np.int64)
    unknown = np.ones(len(problems), bool)
    found = [one for one in slices if one.row < len(problems)]
    rows = [one.row for one in found]
    numbers[:, rows] = [[one.size for one in found], [one.offset for one in found]]
    unknown[rows] = False
    sizes, offsets = (pa.array(column, mask=unknown) for column in numbers)
    return _Cells(sizes, problems, offsets)


def _rows(container: Container, names: Sequence[str], first: int, cells: Sequence[_Cells]) -> pa.RecordBatch:
    """Return the cells row by row. Of ``n`` image columns, row ``r`` and column ``c`` have ordinal ``r * n + c``."""
    length = len(cells[0].sizes)
    numbers = pa.array(range(first, first + length), pa.int64())
    spelled = pc.cast(numbers, pa.string())
    by_column = [
        batch_from(
            {
                "ordinal": pc.add(pc.multiply(numbers, len(names)), index),
                "name": pc.binary_join_element_wise(spelled, name, "/"),
                "size": column.sizes,
                "packed_size": pc.if_else(column.offsets.is_valid(), column.sizes, pa.scalar(None, pa.int64())),
                "offset": column.offsets,
                "problem": column.problems,
                "path": pa.repeat(shown(container.path), length),
                "access": pa.repeat(str(Access.CELL), length),
            },
            length,
        )
        for index, (name, column) in enumerate(zip(names, cells, strict=True))
    ]
    table = pa.Table.from_batches(by_column).combine_chunks().sort_by("ordinal")
    return table.to_batches()[0]
