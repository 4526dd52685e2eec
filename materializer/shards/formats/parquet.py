"""Parquet as the hub keeps it: ``data/train-00003-of-00012.parquet``, row groups of bounded bytes.

Source: the hub's documentation, "Datasets: file names and splits"; ``datasets`` 5.2, ``packaged_modules/parquet``.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.base.durable import HashingFile
from materializer.models import Feature, Shard, Written
from materializer.shards import schema as columns
from materializer.shards.record_batches import batches, blobs
from materializer.shards.transform import StoredImage

# What a reader of single rows (the hub's viewer) has to fetch at a time.
ROW_GROUP_SIZE = 64_000_000


class ParquetWriter:
    """Gathers batches to row groups."""

    def __init__(self, file: pq.ParquetWriter, feature: Feature) -> None:
        self._file = file
        self._feature = feature
        self._waiting: list[pa.RecordBatch] = []
        self._size = 0

    def write(self, rows: pa.Table, images: Sequence[StoredImage]) -> None:
        """Append ``rows``, each with its image."""
        for batch in batches(rows, images, self._feature):
            if self._size + batch.nbytes > ROW_GROUP_SIZE:
                self.flush()
            self._waiting.append(batch)
            self._size += batch.nbytes

    def flush(self) -> None:
        """Write what waits as one row group."""
        if self._waiting:
            group = pa.Table.from_batches(self._waiting)
            self._file.write_table(group, row_group_size=group.num_rows)
        self._waiting, self._size = [], 0


def path(shard: Shard) -> str:
    """``data/train-00003-of-00012.parquet``."""
    return f"data/{shard.stem}.parquet"


@contextmanager
def writer(file: HashingFile, feature: Feature) -> Iterator[ParquetWriter]:
    """Write a shard to ``file``. Images are compressed already; texts repeat."""
    schema = columns.schema(feature)
    texts = [*columns.TEXTS, "paired_real_images.list.element", "image.path"]
    packed = dict.fromkeys(texts, "zstd")
    with pq.ParquetWriter(
        pa.PythonFile(file, mode="w"),
        schema,
        compression={**packed, "image.bytes": "none"},
        use_dictionary=texts,
        write_statistics=[*columns.TEXTS, "label", "height", "width"],
    ) as parquet:
        shard = ParquetWriter(parquet, feature)
        yield shard
        shard.flush()


def read(path: Path) -> Iterator[tuple[str, memoryview]]:
    """Yield file_id and image bytes of each row.

    Raises:
        pyarrow.ArrowInvalid: the file is damaged.
    """
    with pq.ParquetFile(path, pre_buffer=False) as file:  # else all of the shard that was read stays in memory
        for batch in file.iter_batches(64, columns=["file_id", "image.bytes"]):
            yield from zip(batch["file_id"].to_pylist(), blobs(batch["image"].field("bytes")), strict=True)


def leading_files(feature: Feature, splits: Mapping[str, Sequence[tuple[Shard, Written]]]) -> dict[str, Any]:  # noqa: ARG001
    """None: the file names say it all."""
    return {}
