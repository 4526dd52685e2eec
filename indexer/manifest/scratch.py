"""Databases for one step of work, beside the manifest: they sort and join rows of files."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa

# Queries that need an order have an ORDER BY; keeping the order of insertion would cost memory.
SCRATCH_SETTINGS: dict[str, Any] = {"memory_limit": "2GB", "threads": 4, "preserve_insertion_order": False}


@contextmanager
def scratch_database(scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield an empty database, with the settings ``SCRATCH_SETTINGS``, to sort and join rows of files.

    What does not fit into memory is stored in a folder below ``scratch``, which is removed at the end.
    """
    with (
        TemporaryDirectory(dir=scratch, prefix="duckdb-") as folder,
        duckdb.connect(config={**SCRATCH_SETTINGS, "temp_directory": folder}) as engine,
    ):
        yield engine


def parquet_rows(file: Path | Sequence[Path], schema: pa.Schema | None = None) -> "pa.dataset.Dataset":
    """Return the rows of Parquet files, for :meth:`Store.registered`; they are read when a query uses them."""
    from pyarrow.dataset import dataset  # noqa: PLC0415 - 0.1 s to load, and few commands need it

    return dataset(file, schema)
