"""Temporary Arrow files of raw rows, written by workers and read when a container is committed.

Neither the worker nor the main process holds all rows of a container in memory.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa

from indexer.base.errors import OutputError, message_of

_SIDE_BATCH = 8_192

SIDE_SCHEMA = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("table_name", pa.string(), nullable=False),
        pa.field("path", pa.string(), nullable=False),
        pa.field("line", pa.int64(), nullable=False),
        pa.field("record", pa.string(), nullable=False),
    ]
)


class RowFileWriter:
    """Write batches of one schema to ``file`` as an Arrow stream. Without a batch, no file is created."""

    def __init__(self, file: Path, schema: pa.Schema) -> None:
        self.file = file
        self.schema = schema
        self._writer: pa.RecordBatchStreamWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._writer:
            with _write_errors_reported(self.file):
                self._writer.close()

    def write(self, batch: pa.RecordBatch) -> None:
        """Append a batch.

        Raises:
            OutputError: the disk is full or failing, which is not the fault of the listed container.
        """
        with _write_errors_reported(self.file):
            if self._writer is None:
                self._writer = pa.ipc.new_stream(str(self.file), self.schema)
            self._writer.write_batch(batch)


class SideRowFileWriter(RowFileWriter):
    """Write rows of side files, collected into batches of SIDE_SCHEMA."""

    def __init__(self, file: Path) -> None:
        super().__init__(file, SIDE_SCHEMA)
        self._rows: list[tuple[str, str, str, int, str]] = []

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._flush()
        super().__exit__(kind, error, at)

    def add(self, row: tuple[str, str, str, int, str]) -> None:
        """Append one row: the values of SIDE_SCHEMA."""
        self._rows.append(row)
        if len(self._rows) >= _SIDE_BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            columns = [
                pa.array(values, kind)
                for values, kind in zip(zip(*self._rows, strict=True), SIDE_SCHEMA.types, strict=True)
            ]
            self.write(pa.record_batch(columns, schema=SIDE_SCHEMA))
            self._rows = []


@contextmanager
def _write_errors_reported(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = message_of(error)
        raise OutputError(
            f"{file.parent} cannot be written ({reason}): free space on the manifest's disk, then run the scan again;"
            " containers that were read are kept"
        ) from error


@contextmanager
def open_row_file(file: Path, schema: pa.Schema) -> Iterator[pa.RecordBatchReader]:
    """Open the rows that :class:`RowFileWriter` wrote to ``file``, and delete the file afterwards."""
    if not file.exists():
        yield pa.RecordBatchReader.from_batches(schema, [])
        return
    with pa.OSFile(str(file)) as source:
        yield pa.ipc.open_stream(source)
    file.unlink()


def numbered(rows: pa.RecordBatchReader) -> pa.RecordBatchReader:
    """Return rows with their position, from 0, as the column ``number``."""
    schema = rows.schema.append(pa.field("number", pa.int64()))

    def batches() -> Iterator[pa.RecordBatch]:
        first = 0
        for batch in rows:
            numbers = pa.array(np.arange(first, first + len(batch)))
            yield pa.RecordBatch.from_arrays([*batch.columns, numbers], schema=schema)
            first += len(batch)

    return pa.RecordBatchReader.from_batches(schema, batches())
