"""Parquet, with the file names that the hub knows and row groups of bounded size.

Source: the hub's documentation, "Datasets: file names and splits"; ``datasets`` 5.2, ``packaged_modules/parquet``.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.base.durable import HashingFile
from materializer.further_columns import image_columns, text_columns
from materializer.models import Feature, Settings, Shard
from materializer.shards import schema as columns
from materializer.shards.formats.output_format import OutputFormat, ShardWriter
from materializer.shards.record_batches import BatchMaker, blobs
from materializer.shards.transform import PreparedImage

# Bytes of images; the hub recommends 100 to 300 MB.
ROW_GROUP_SIZE = 100_000_000
# A page ends after the value that fills it: an image larger than this has a page of its own, and the page index lists
# the byte range of every image. Shards grow by 0.04% for images of 100 kB.
PAGE_SIZE = 4096


class ParquetWriter(ShardWriter):
    """Collects record batches into row groups."""

    def __init__(self, file: HashingFile, parquet: pq.ParquetWriter, settings: Settings) -> None:
        super().__init__(file)
        self._parquet = parquet
        self._batches = BatchMaker(settings, copies=True)
        self._pending: list[pa.RecordBatch] = []
        self._size = 0

    def write(self, rows: pa.Table, images: Sequence[PreparedImage], *, ends_window: bool = True) -> None:
        """Append ``rows``, each with its image."""
        for batch in (made.rows for made in self._batches.add(rows, images, ends_window=ends_window)):
            if self._size + batch.nbytes > ROW_GROUP_SIZE:
                self.flush()
            self._pending.append(batch)
            self._size += batch.nbytes
            if self._size > ROW_GROUP_SIZE:  # of one large image: it need not wait for the next one
                self.flush()

    def flush(self) -> None:
        """Write the pending batches as one row group."""
        if self._pending:
            group = pa.Table.from_batches(self._pending)
            self._parquet.write_table(group, row_group_size=group.num_rows)
        self._pending, self._size = [], 0


class ParquetFormat(OutputFormat):
    """``data/train-00003-of-00012.parquet``."""

    name = "parquet"
    media_type = "application/x-parquet"  # the one that Croissant readers know
    loader = "load_dataset"
    features = (Feature.STANDARD, Feature.LARGE)
    stores_companions = True
    buffer_size = 250_000_000

    def path(self, shard: Shard) -> str:
        """Return the path of a shard, relative to the output folder."""
        return f"data/{shard.stem}.parquet"

    def pattern(self, split: str) -> str:
        """Return a glob pattern that matches the paths of a split's shards."""
        return f"data/{split}-?????-of-?????.parquet"

    @contextmanager
    def writer(self, file: HashingFile, output: Path, settings: Settings) -> Iterator[ParquetWriter]:  # noqa: ARG002
        """Open a writer of one shard. Texts repeat and are packed; images are compressed already."""
        images = ["image", *image_columns(settings.columns)]
        scalars = [*columns.texts(settings), *text_columns(settings.columns)]
        texts = [*scalars, "paired_real_images.list.element", *(f"{name}.path" for name in images)]
        with pq.ParquetWriter(
            pa.PythonFile(file, mode="w"),
            columns.schema(settings),
            compression={**dict.fromkeys(texts, "zstd"), **{f"{name}.bytes": "none" for name in images}},
            use_dictionary=texts,
            data_page_size=PAGE_SIZE,
            write_batch_size=1,  # values after which the size of a page is looked at
            write_page_index=True,
            write_statistics=[*scalars, "label", "height", "width"],
        ) as parquet:
            shard = ParquetWriter(file, parquet, settings)
            yield shard
            shard.flush()

    def read(self, path: Path) -> Iterator[tuple[str, memoryview]]:
        """Yield file_id and image bytes of each row."""
        with _opened(path) as file:
            for batch in file.iter_batches(64, columns=["file_id", "image.bytes"]):
                yield from zip(batch["file_id"].to_pylist(), blobs(batch["image"].field("bytes")), strict=True)

    @contextmanager
    def batches(self, path: Path) -> Iterator[Iterator[pa.RecordBatch]]:
        """Open a shard as record batches of 256 rows."""
        with _opened(path) as file:
            yield file.iter_batches(256)


def _opened(path: Path) -> pq.ParquetFile:
    return pq.ParquetFile(path, pre_buffer=False)  # with it, all that was read of the shard stays in memory
