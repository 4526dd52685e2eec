"""Find the cells of a Parquet file that hold no image, without reading images.

The statistics of a row group count the nulls of a column. If there are any, or no statistics, the images' paths are
read, a column of short texts: they also show which images are null (Parquet format, "Nested Encoding"). If some cells
have a path without bytes, or a column without paths has nulls, only the images themselves show which: these row groups
are read.
"""

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from indexer.containers.tabular.columns import has_paths
from indexer.containers.tabular.reading import NO_IMAGE, NOT_IN_FILE

_ROWS_READ = 64  # images in memory at once


def empty_cells(file: pq.ParquetFile, column: str) -> pa.Array:
    """Return for each row why its cell has no bytes: NO_IMAGE, NOT_IN_FILE, or null for the others."""
    groups = [_empty_in(file, number, column) for number in range(file.num_row_groups)]
    return pa.concat_arrays([pa.nulls(0, pa.string()), *groups])


def _empty_in(file: pq.ParquetFile, number: int, column: str) -> pa.Array:
    rows = file.metadata.row_group(number).num_rows
    nulls = _null_count(file, number, column)
    if nulls == 0:
        return pa.nulls(rows, pa.string())
    if not has_paths(file.schema_arrow.field(column).type):
        empty = pa.repeat(pa.scalar(True), rows) if nulls == rows else _failed_downloads(file, number, nulls)
        empty = _without_bytes(file, number, column) if empty is None and nulls else empty
        return _reasons(empty, rows, NO_IMAGE)
    try:
        images = file.read_row_group(number, columns=[f"{column}.path"]).column(column).combine_chunks()
    except (pa.ArrowException, OSError):
        return pa.nulls(rows, pa.string())
    has_path = pc.and_(images.is_valid(), pc.struct_field(images, "path").is_valid())
    if nulls == rows:
        return pc.if_else(has_path, pa.scalar(NOT_IN_FILE), pa.scalar(NO_IMAGE))
    if nulls is None or nulls == images.null_count:
        return _reasons(images.is_null(), rows, NO_IMAGE)
    empty = _without_bytes(file, number, f"{column}.bytes")
    return pc.if_else(has_path, _reasons(empty, rows, NOT_IN_FILE), _reasons(empty, rows, NO_IMAGE))


def _reasons(empty: pa.Array | None, rows: int, reason: str) -> pa.Array:
    none = pa.scalar(None, pa.string())
    return pa.nulls(rows, pa.string()) if empty is None else pc.if_else(empty, pa.scalar(reason), none)


def _without_bytes(file: pq.ParquetFile, number: int, leaf: str) -> pa.Array | None:
    """Read the images of a row group and return which have no bytes; None if they cannot be read."""
    found = []
    try:
        for batch in file.iter_batches(_ROWS_READ, row_groups=[number], columns=[leaf]):
            cells = batch.column(0)
            found.append((pc.struct_field(cells, "bytes") if pa.types.is_struct(cells.type) else cells).is_null())
    except (pa.ArrowException, OSError):
        return None
    return pa.concat_arrays(found)


def _failed_downloads(file: pq.ParquetFile, number: int, nulls: int | None) -> pa.Array | None:
    """Return which rows of img2dataset's Parquet have no image by their status, if as many cells are null, or None."""
    if "status" not in file.schema_arrow.names or not pa.types.is_string(file.schema_arrow.field("status").type):
        return None
    try:
        statuses = file.read_row_group(number, columns=["status"]).column("status").combine_chunks()
    except (pa.ArrowException, OSError):
        return None
    failed = pc.fill_null(pc.not_equal(statuses, "success"), True)
    return failed if nulls in (None, pc.sum(failed).as_py()) else None


def _null_count(file: pq.ParquetFile, number: int, column: str) -> int | None:
    """Return the number of images of the column without bytes; None if the file has no statistics."""
    group = file.metadata.row_group(number)
    leaves = [group.column(index) for index in range(group.num_columns)]
    statistics = [leaf.statistics for leaf in leaves if leaf.path_in_schema in (column, f"{column}.bytes")]
    if len(statistics) != 1 or statistics[0] is None or not statistics[0].has_null_count:
        return None
    count: int = statistics[0].null_count
    return count
