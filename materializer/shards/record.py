"""The record of a build, next to its shards: it lets a killed build continue and every byte be verified later.

::

    build.json                       what was built from what: versions, selection, settings, shards with their sha256
    record/plan.json                 written first: the build that owns the folder, and its planned shards
    record/rows/train-00000-of-00012.parquet    the rows of a shard; its sha256 and plan key in the file's metadata
    record/refused.parquet           rows that could not be used, why, and their substitutes
    record/waiting/train-00003-of-00012.json    refused rows of a shard, while a build in parts is incomplete

It holds no path of this machine and no time: equal builds have equal records.
"""

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.base.durable import sha256_of, write_json, writing
from indexer.base.errors import OutputError
from materializer.models import Refusal, Shard, ShardFile
from materializer.shards.transform import PreparedImage

BUILD, PLAN, ROWS, REFUSED = "build.json", "record/plan.json", "record/rows", "record/refused.parquet"
WAITING = "record/waiting"

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
# Exceptions of reading a damaged or untrusted record.
_UNREADABLE = (OSError, pa.ArrowInvalid, KeyError, TypeError, ValueError)


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
    ]
    arrays = [pa.chunked_array([column]) if isinstance(column, list) else column for column in columns]
    return pa.table(arrays, schema=ROW_SCHEMA)


def path_of(output: Path, shard: Shard) -> Path:
    """Return the path of a shard's record."""
    return output / ROWS / f"{shard.stem}.parquet"


def write(output: Path, shard: Shard, record: ShardRecord) -> None:
    """Write a shard's record; the shard itself must be on disk already."""
    note = {
        "key": record.key,
        "written": asdict(record.file),
        "refused": [asdict(refusal) for refusal in record.refused],
    }
    table = record.rows.replace_schema_metadata({_NOTE: json.dumps(note)})
    with writing(path_of(output, shard)) as file:
        pq.write_table(table, pa.PythonFile(file, mode="w"), compression="zstd")


def read(output: Path, shard: Shard) -> ShardRecord | None:
    """Return a shard's record, or None if it is missing or damaged."""
    try:
        rows = pq.read_table(path_of(output, shard))
        return _of_note(rows.schema, rows.replace_schema_metadata())
    except _UNREADABLE:
        return None


def read_without_rows(output: Path, shard: Shard) -> ShardRecord | None:
    """Return a shard's record as :func:`read`, with an empty table of rows: fast for builds of many shards."""
    try:
        return _of_note(pq.read_schema(path_of(output, shard)), ROW_SCHEMA.empty_table())
    except _UNREADABLE:
        return None


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


def _of_note(schema: pa.Schema, rows: pa.Table) -> ShardRecord:
    note = json.loads(schema.metadata[_NOTE])
    return ShardRecord(note["key"], ShardFile(**note["written"]), _refusals(note["refused"]), rows)


def _refusals(notes: Iterable[Mapping[str, Any]]) -> tuple[Refusal, ...]:
    """Return stored refusals. Earlier versions wrote ``place`` for the position, and the reason ``died``."""
    return tuple(
        Refusal(
            note["position"] if "position" in note else note["place"],
            note["file_id"],
            "crashed" if note["reason"] == "died" else note["reason"],
            note["detail"],
        )
        for note in notes
    )


def finished(output: Path, shard: Shard, name: str, key: str) -> ShardRecord | None:
    """Return the record, without rows, of a finished shard: key and file size match, the bytes are not read."""
    found = read_without_rows(output, shard)
    return found if found and found.key == key and _has_size(output / name, found.file) else None


def is_finished(output: Path, shard: Shard, name: str, key: str) -> bool:
    """Return whether a shard is finished, as :func:`finished`, and none of its refusals is retryable."""
    found = finished(output, shard, name, key)
    return found is not None and not any(refusal.is_retryable for refusal in found.refused)


def is_intact(path: Path, file: ShardFile) -> bool:
    """Return whether the shard at ``path`` has the recorded bytes."""
    return _has_size(path, file) and sha256_of(path) == file.sha256


def _has_size(path: Path, file: ShardFile) -> bool:
    return path.is_file() and path.stat().st_size == file.size


def remove_others(output: Path, shards: Iterable[Shard]) -> None:
    """Remove the records of all shards but these: an earlier plan may have had another number of shards."""
    ours = {path_of(output, shard) for shard in shards}
    for path in (output / ROWS).glob("*.parquet"):
        if path not in ours:
            path.unlink(missing_ok=True)


def write_refused(output: Path, refused: Iterable[dict[str, Any]]) -> None:
    """Write the refused rows of a build, in order; the columns are those of ``REFUSED_SCHEMA``."""
    table = pa.Table.from_pylist(list(refused), schema=REFUSED_SCHEMA)
    with writing(output / REFUSED) as file:
        pq.write_table(table, pa.PythonFile(file, mode="w"), compression="zstd")


def write_waiting(output: Path, shard: Shard, key: str, refused: Iterable[Refusal]) -> None:
    """Store the refused rows of a shard that cannot be written before it has its spares."""
    write_json(_waiting(output, shard), {"key": key, "refused": [asdict(refusal) for refusal in refused]})


def read_waiting(output: Path, shard: Shard, key: str) -> tuple[Refusal, ...]:
    """Return the stored refusals of a shard; none if there are none, or the shard was planned differently."""
    try:
        note = json.loads(_waiting(output, shard).read_text(encoding="utf-8"))
        return _refusals(note["refused"]) if note["key"] == key else ()
    except (OSError, ValueError, TypeError, KeyError):
        return ()


def clear_waiting(output: Path) -> None:
    """Remove the stored refusals: all shards are written."""
    shutil.rmtree(output / WAITING, ignore_errors=True)


def _waiting(output: Path, shard: Shard) -> Path:
    return output / WAITING / f"{shard.stem}.json"
