"""Find the cells of a Parquet file that hold no image, without reading images.

The statistics of a row group count the nulls of a column. If there are any, or no statistics, the images' paths are
read, a column of short texts: they also show which images are null (Parquet format, "Nested Encoding").
"""

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from indexer.containers.tabular.reading import NO_IMAGE


def empty_cells(file: pq.ParquetFile, column: str) -> pa.Array:
    """Return NO_IMAGE for each row whose cell is empty, null for the others. Damage is found only by reading."""
    groups = [_empty_in(file, number, column) for number in range(file.num_row_groups)]
    return pa.concat_arrays([pa.nulls(0, pa.string()), *groups])


def _empty_in(file: pq.ParquetFile, number: int, column: str) -> pa.Array:
    rows = file.metadata.row_group(number).num_rows
    nulls = _null_count(file, number, column)
    if not pa.types.is_struct(file.schema_arrow.field(column).type):  # only reading the bytes would show which
        return pa.repeat(pa.scalar(NO_IMAGE if nulls == rows else None, pa.string()), rows)
    if nulls == 0:
        return pa.nulls(rows, pa.string())
    try:
        images = file.read_row_group(number, columns=[f"{column}.path"]).column(column).combine_chunks()
    except (pa.ArrowException, OSError):
        return pa.nulls(rows, pa.string())
    return pc.if_else(images.is_null(), pa.scalar(NO_IMAGE), pa.scalar(None, pa.string()))


def _null_count(file: pq.ParquetFile, number: int, column: str) -> int | None:
    """Return the number of images of the column without bytes; None if the file has no statistics."""
    group = file.metadata.row_group(number)
    leaves = [group.column(index) for index in range(group.num_columns)]
    statistics = [leaf.statistics for leaf in leaves if leaf.path_in_schema in (column, f"{column}.bytes")]
    if len(statistics) != 1 or statistics[0] is None or not statistics[0].has_null_count:
        return None
    count: int = statistics[0].null_count
    return count
