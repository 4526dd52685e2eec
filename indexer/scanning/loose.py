"""Loose files as Arrow rows."""

import os
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from indexer.containers.file_stamp import in_64_bits
from indexer.containers.members.rows import shown
from indexer.containers.models import Volume

# Large types: all paths together may have more than the 2 GiB of a string array.
LOOSE_SCHEMA = pa.schema(
    [
        pa.field("path", pa.large_string(), nullable=False),
        pa.field("name_bytes", pa.large_binary()),
        pa.field("size", pa.int64(), nullable=False),
        pa.field("mtime_ns", pa.int64(), nullable=False),
    ]
)


def loose_rows(paths: list[str], sizes: list[int], mtimes: list[int]) -> pa.RecordBatch:
    """Return rows of LOOSE_SCHEMA. Paths that are not UTF-8 contain surrogate escapes; times are in nanoseconds."""
    try:
        columns = [pa.array(paths, pa.large_string()), pa.nulls(len(paths), pa.large_binary())]
    except UnicodeEncodeError:
        raw = [os.fsencode(path) if shown(path) != path else None for path in paths]
        columns = [pa.array([shown(path) for path in paths], pa.large_string()), pa.array(raw, pa.large_binary())]
    try:
        times = pa.array(mtimes, pa.int64())
    except OverflowError:
        times = pa.array([in_64_bits(time) for time in mtimes], pa.int64())
    return pa.record_batch([*columns, pa.array(sizes, pa.int64()), times], schema=LOOSE_SCHEMA)


def in_path_order(rows: pa.Table) -> pa.Table:
    """Return rows of LOOSE_SCHEMA in the order of their paths as bytes."""
    return rows.take(pc.sort_indices(raw_paths(rows)))


def raw_paths(rows: pa.Table) -> pa.ChunkedArray:
    """Return the paths of rows of LOOSE_SCHEMA as bytes."""
    return pc.coalesce(rows["name_bytes"], rows["path"].cast(pa.large_binary()))


def volumes_of(rows: pa.RecordBatch | pa.Table) -> Iterator[Volume]:
    """Yield rows of LOOSE_SCHEMA as volumes."""
    for path, raw, size, mtime in zip(*(column.to_pylist() for column in rows.columns), strict=True):
        yield Volume(os.fsdecode(raw) if raw else path, size, mtime)
