"""One shard -> what the report shows of it. Runs in workers: a damaged file may end its reader."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from indexer.base.errors import BadData, OutputError
from indexer.base.workers import time_limit
from indexer.images import decoding
from indexer.reporting.models import ThumbnailResult
from indexer.reporting.rendering import thumbnail
from materializer.models import Format
from materializer.report.layout import DatasetFile
from materializer.shards.schema import TEXTS

_SECONDS = 60.0
_SECONDS_AN_IMAGE = 2.0

Headers = list[tuple[int, dict[str, object]]]
Pictures = list[tuple[int, ThumbnailResult]]


@dataclasses.dataclass(frozen=True, slots=True)
class ShardImages:
    """Images of one file to read: ``rows`` has pairs of row number in the file, ascending, and row id of the report."""

    file: DatasetFile
    rows: tuple[tuple[int, int], ...]


def rows(file: DatasetFile) -> pa.Table:
    """All that the file says of its images but the images themselves; ``size`` in bytes, ``place`` in the file.

    Raises:
        OutputError: the file is damaged, or lacks a column that every image has.
    """
    try:
        with _batches(file) as batches:
            found = pa.concat_tables([_described(batch) for batch in batches])
    except (pa.ArrowInvalid, OSError, KeyError) as error:
        message = f"{file.path} cannot be read ({' '.join(str(error).split())}): build it again, or copy it anew"
        raise OutputError(message) from error
    count = found.num_rows
    return (
        found.append_column("split", pa.array([file.split] * count, pa.string()))
        .append_column("shard", pa.array([file.path.name] * count, pa.string()))
        .append_column("place", pa.array(range(count), pa.int64()))
    )


def probe(images: ShardImages) -> Headers:
    """The headers of some images; one that has none is left out."""
    return [(row, header) for row, data in _images(images) if (header := _header(data))]


def draw(images: ShardImages) -> Pictures:
    """Thumbnails of some images."""
    with time_limit(_SECONDS + _SECONDS_AN_IMAGE * len(images.rows)):
        return [(row, thumbnail(data)) for row, data in _images(images)]


def halves(images: ShardImages) -> list[ShardImages]:
    """A task that ended its worker, in two: only what does it is lost."""
    middle = len(images.rows) // 2
    return [dataclasses.replace(images, rows=part) for part in (images.rows[:middle], images.rows[middle:]) if part]


def _header(data: bytes) -> dict[str, object] | None:
    try:
        return dataclasses.asdict(decoding.header(data))
    except BadData:
        return None


def _described(batch: pa.RecordBatch) -> pa.Table:
    """The columns that datasets of this benchmark share; texts that a dataset lacks are empty."""
    count = batch.num_rows
    known = set(batch.schema.names)
    data = batch["image"].field("bytes")
    columns = {
        "size": pc.binary_length(data).cast(pa.int64()),
        "width": batch["width"].cast(pa.int32()) if "width" in known else pa.nulls(count, pa.int32()),
        "height": batch["height"].cast(pa.int32()) if "height" in known else pa.nulls(count, pa.int32()),
        "label": batch["label"].cast(pa.int8()),
        "paired_real_images": _lists(batch, "paired_real_images"),
    }
    for name, called in TEXTS.items():
        text = batch[name].cast(pa.large_string()) if name in known else pa.nulls(count, pa.large_string())
        columns[called] = pc.fill_null(text, "")
    return pa.table(columns)


def _lists(batch: pa.RecordBatch, name: str) -> pa.Array:
    kind = pa.large_list(pa.large_string())
    return batch[name].cast(kind) if name in batch.schema.names else pa.nulls(batch.num_rows, kind)


def _images(images: ShardImages) -> Iterator[tuple[int, bytes]]:
    waiting = iter(images.rows)
    place, row = next(waiting, (-1, -1))
    start = 0
    with _batches(images.file) as batches:
        for batch in batches:
            while start <= place < start + batch.num_rows:
                yield row, batch["image"].field("bytes")[place - start].as_py() or b""
                place, row = next(waiting, (-1, -1))
            start += batch.num_rows


def _batches(file: DatasetFile) -> AbstractContextManager[Iterator[pa.RecordBatch]]:
    opened: Callable[[Path], AbstractContextManager[Iterator[pa.RecordBatch]]]
    opened = _parquet if file.format is Format.PARQUET else _arrow
    return opened(file.path)


@contextmanager
def _arrow(path: Path) -> Iterator[Iterator[pa.RecordBatch]]:
    """Mapped, not read: of an image's pages only those that are looked at leave the disk."""
    with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as stream:
        yield (_sound(batch) for batch in stream)


@contextmanager
def _parquet(path: Path) -> Iterator[Iterator[pa.RecordBatch]]:
    with pq.ParquetFile(path, pre_buffer=False) as file:
        yield file.iter_batches(256)


def _sound(batch: pa.RecordBatch) -> pa.RecordBatch:
    batch.validate(full=True)  # a damaged offset would be followed anywhere
    return batch
