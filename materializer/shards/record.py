"""The record of a build, next to its shards: it lets a killed build continue and every byte be verified later.

::

    build.json                       what was built from what: versions, selection, settings, shards with their digests
    record/plan.json                 written first: the build that owns the folder, and its planned shards
    record/rows/train-00000-of-00012.parquet    the rows of a shard; its digest and plan key in the file's metadata
    record/refused.parquet           rows that could not be used, why, and their substitutes
    record/refusals/train-00003-of-00012.parquet    refused rows of a shard, if it has any

It holds no path of this machine and no time: equal builds have equal records.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.base.durable import writing
from indexer.base.errors import OutputError
from indexer.base.untrusted_json import JsonObject
from materializer.models import Refusal, Shard, ShardFile
from materializer.shards import digests, refusals
from materializer.shards.transform import PreparedImage

BUILD, PLAN, ROWS, REFUSED = "build.json", "record/plan.json", "record/rows", "record/refused.parquet"

ROW_SCHEMA = pa.schema(
    [
        pa.field("split", pa.string(), nullable=False),
        pa.field("shard", pa.int64(), nullable=False),
        # In the split, as planned; a refused row without a substitute leaves a gap.
        pa.field("position", pa.int64(), nullable=False),
        pa.field("file_id", pa.string(), nullable=False),
        pa.field("substituted_for", pa.string()),
        pa.field("source_sha256", pa.string(), nullable=False),
        pa.field("stored_sha256", pa.string(), nullable=False),
        pa.field("stored_size", pa.int64(), nullable=False),
        pa.field("transform", pa.string(), nullable=False),
        pa.field("suffix", pa.string()),  # of the stored format; null in records of earlier versions
    ]
)

REFUSED_SCHEMA = pa.schema(
    [
        pa.field("split", pa.string(), nullable=False),
        pa.field("position", pa.int64()),  # null: a refused spare
        pa.field("file_id", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("detail", pa.string(), nullable=False),
        pa.field("substitute", pa.string()),  # null: no spare was left
    ]
)

_NOTE = b"shard"
# Exceptions of reading shards and records that are damaged or untrusted.
UNREADABLE = (OSError, pa.ArrowException, KeyError, TypeError, ValueError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class ShardRecord:
    """The record of one shard. ``rows`` has the columns of ``ROW_SCHEMA``."""

    key: str
    file: ShardFile
    refused: tuple[Refusal, ...]
    rows: pa.Table

    @property
    def file_ids(self) -> tuple[str, ...]:
        """The file_ids of its rows, in order."""
        return tuple(self.rows["file_id"].to_pylist())


def rows_table(shard: Shard, rows: pa.Table, images: Sequence[PreparedImage]) -> pa.Table:
    """Return the record of rows that were written, each with its image."""
    count = len(images)
    columns = [
        [shard.split] * count,
        [shard.index] * count,
        rows["position"],
        rows["file_id"],
        rows["substituted_for"],
        [image.facts.sha256 for image in images],
        [image.sha256 for image in images],
        [len(image.data) for image in images],
        [image.transform for image in images],
        [image.suffix for image in images],
    ]
    arrays = [pa.chunked_array([column]) if isinstance(column, list) else column for column in columns]
    return pa.table(arrays, schema=ROW_SCHEMA)


def path_of(output: Path, shard: Shard) -> Path:
    """Return the path of a shard's record."""
    return output / ROWS / f"{shard.stem}.parquet"


def write(output: Path, shard: Shard, record: ShardRecord) -> None:
    """Write a shard's record; the shard itself must be on disk already."""
    refusals.write(output, shard, record.key, record.refused)
    note = {"key": record.key, "written": asdict(record.file), "refused": len(record.refused)}
    table = record.rows.replace_schema_metadata({_NOTE: json.dumps(note)})
    with writing(path_of(output, shard)) as file:
        pq.write_table(table, pa.PythonFile(file, mode="w"), compression="zstd")


def read(output: Path, shard: Shard) -> ShardRecord | None:
    """Return a shard's record, or None if it is missing or damaged."""
    try:
        with pq.ParquetFile(path_of(output, shard)) as file:  # read_table imports pyarrow.dataset first: 10 ms
            rows = file.read(use_threads=False)  # to start threads takes longer than to read
        return _of_note(output, shard, rows.schema, _with_suffix(rows.replace_schema_metadata()).cast(ROW_SCHEMA))
    except UNREADABLE:
        return None


def read_without_rows(output: Path, shard: Shard) -> ShardRecord | None:
    """Return a shard's record as :func:`read`, with an empty table of rows: fast for builds of many shards."""
    try:
        return _of_note(output, shard, pq.read_schema(path_of(output, shard)), ROW_SCHEMA.empty_table())
    except UNREADABLE:
        return None


def _with_suffix(rows: pa.Table) -> pa.Table:
    if "suffix" in rows.schema.names:
        return rows
    return rows.append_column("suffix", pa.nulls(len(rows), pa.string()))


def rows_of(output: Path, shard: Shard) -> pa.Table:
    """Return the rows of a shard's record.

    Raises:
        OutputError: it is missing or damaged.
    """
    found = read(output, shard)
    if found is None:
        path = path_of(output, shard)
        raise OutputError(f"{path} is missing or damaged: remove it, then run the same command again")
    return found.rows


def _of_note(output: Path, shard: Shard, schema: pa.Schema, rows: pa.Table) -> ShardRecord | None:
    note = json.loads(schema.metadata[_NOTE])
    key, count = note["key"], note["refused"]
    if isinstance(count, list):
        refused: tuple[Refusal, ...] | None = _refusals_in_note(count)
    else:
        refused = refusals.read(output, shard, key) if count else ()
        if refused is None or len(refused) != count:
            return None
    return ShardRecord(key, file_of(JsonObject(note["written"], "a shard")), refused or (), rows)


def file_of(written: JsonObject) -> ShardFile:
    """Return a shard as JSON describes it; earlier versions wrote the sha256 of the file. Raises InvalidJson."""
    is_earlier = "digest" not in written.content
    digest = digests.of_sha256(written.text("sha256")) if is_earlier else written.text("digest")
    return ShardFile(written.count("rows"), written.count("size"), digest)


def _refusals_in_note(notes: Iterable[Mapping[str, Any]]) -> tuple[Refusal, ...]:
    """Return the refusals of a record by an earlier version, which kept them in the metadata of the file.

    The first version wrote ``place`` for the position, and the reason ``died``.
    """
    return tuple(
        Refusal(
            note["position"] if "position" in note else note["place"],
            note["file_id"],
            "crashed" if note["reason"] == "died" else note["reason"],
            note["detail"],
        )
        for note in notes
    )


def others(output: Path, shards: Iterable[Shard]) -> Iterator[Path]:
    """Yield the records of all shards but these: an earlier plan may have had another number of shards."""
    stems = {shard.stem for shard in shards}
    for folder in (ROWS, refusals.FOLDER):
        yield from (path for path in (output / folder).glob("*.parquet") if path.stem not in stems)


def write_refused(output: Path, refused: Iterable[dict[str, Any]]) -> None:
    """Write the refused rows of a build, in order; the columns are those of ``REFUSED_SCHEMA``."""
    table = pa.Table.from_pylist(list(refused), schema=REFUSED_SCHEMA)
    with writing(output / REFUSED) as file:
        pq.write_table(table, pa.PythonFile(file, mode="w"), compression="zstd")
