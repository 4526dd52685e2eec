"""Read one shard for the report. Runs in workers: a damaged file may crash its reader."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from indexer.base.errors import BadData, OutputError, message_of
from indexer.base.workers import time_limit
from indexer.images import columns_of, header
from indexer.reporting.models import ThumbnailResult
from indexer.reporting.rendering import thumbnail
from materializer.shards.formats.output_format import OutputFormat
from materializer.shards.schema import TEXTS

_SECONDS = 60.0
_SECONDS_PER_IMAGE = 2.0

Headers = list[tuple[int, dict[str, object]]]
Thumbnails = list[tuple[int, ThumbnailResult]]


@dataclasses.dataclass(frozen=True, slots=True)
class DatasetFile:
    """One shard of a dataset. ``split`` is '' if the dataset has no splits."""

    split: str
    path: Path
    format: OutputFormat


@dataclasses.dataclass(frozen=True, slots=True)
class ShardImages:
    """Images of one file to read: ``rows`` are pairs of position in the file, ascending, and row id of the report."""

    file: DatasetFile
    rows: tuple[tuple[int, int], ...]


def rows(file: DatasetFile) -> pa.Table:
    """Return all columns of a file but the images; ``size`` in bytes, ``place`` is the position in the file.

    Raises:
        OutputError: the file is damaged, lacks a column that every dataset has, or has no columns.
    """
    try:
        with file.format.batches(file.path) as batches:
            found = pa.concat_tables([_described(batch) for batch in batches])
    except (pa.ArrowException, OSError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise OutputError(f"{file.path} cannot be read ({message_of(error)}): build it or copy it again") from error
    count = found.num_rows
    return (
        found.append_column("split", pa.array([file.split] * count, pa.string()))
        .append_column("shard", pa.array([file.path.name] * count, pa.string()))
        .append_column("place", pa.array(range(count), pa.int64()))
    )


def probe(task: ShardImages) -> Headers:
    """Return the headers of some images, without those that have none."""
    return [(row, found) for row, data in _images(task) if (found := _header(data))]


def draw(task: ShardImages) -> Thumbnails:
    """Return thumbnails of some images."""
    with time_limit(_SECONDS + _SECONDS_PER_IMAGE * len(task.rows)):
        return [(row, thumbnail(data)) for row, data in _images(task)]


def halves(task: ShardImages) -> list[ShardImages]:
    """Split a task that crashed its worker in two, so that only the image that crashes it is lost."""
    middle = len(task.rows) // 2
    return [dataclasses.replace(task, rows=part) for part in (task.rows[:middle], task.rows[middle:]) if part]


def _header(data: bytes) -> dict[str, object] | None:
    try:
        return columns_of(header(data))
    except BadData:
        return None


def _described(batch: pa.RecordBatch) -> pa.Table:
    """Return the columns that all datasets of this benchmark have; missing texts are empty."""
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
    for name, column in TEXTS.items():
        text = batch[name].cast(pa.large_string()) if name in known else pa.nulls(count, pa.large_string())
        columns[column] = pc.fill_null(text, "")
    return pa.table(columns)


def _lists(batch: pa.RecordBatch, name: str) -> pa.Array:
    kind = pa.large_list(pa.large_string())
    return batch[name].cast(kind) if name in batch.schema.names else pa.nulls(batch.num_rows, kind)


def _images(task: ShardImages) -> Iterator[tuple[int, bytes]]:
    pending = iter(task.rows)
    place, row = next(pending, (-1, -1))
    start = 0
    with task.file.format.batches(task.file.path) as batches:
        for batch in batches:
            while start <= place < start + batch.num_rows:
                yield row, batch["image"].field("bytes")[place - start].as_py() or b""
                place, row = next(pending, (-1, -1))
            start += batch.num_rows
