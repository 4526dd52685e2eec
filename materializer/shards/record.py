"""The record of a build, beside its shards: enough to go on after a kill, and to verify every byte later.

::

    build.json                       what was built from what: versions, selection, settings, shards with their sha256
    record/plan.json                 written first: whose folder this is, and the shards to be
    record/rows/train-00000-of-00012.parquet    a shard's rows, its sha256 and its plan's key in the file's metadata
    record/refused.parquet           rows that could not be used, why, and which spare took their place
    record/waiting/train-00003-of-00012.json    of a build in parts that is not complete: a shard's refused rows

Nothing here names a path of this machine or the time: equal builds have equal records.
"""

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.base.durable import sha256_of, write_json, writing
from indexer.base.errors import OutputError
from materializer.models import Refusal, Shard, Written
from materializer.shards.transform import StoredImage

BUILD, PLAN, ROWS, REFUSED = "build.json", "record/plan.json", "record/rows", "record/refused.parquet"
WAITING = "record/waiting"

ROW_SCHEMA = pa.schema(
    [
        pa.field("split", pa.string(), nullable=False),
        pa.field("shard", pa.int64(), nullable=False),
        # In the split, as planned; a row without a spare leaves a gap.
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
        pa.field("position", pa.int64()),  # null: a spare that was tried
        pa.field("file_id", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("detail", pa.string(), nullable=False),
        pa.field("substitute", pa.string()),  # null: no spare was left
    ]
)

_NOTE = b"shard"
# What reading a damaged or foreign record may raise.
_UNREADABLE = (OSError, pa.ArrowInvalid, KeyError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class ShardRecord:
    """What a shard's record says of it."""

    key: str
    written: Written
    refused: tuple[Refusal, ...]
    rows: pa.Table

    @property
    def file_ids(self) -> tuple[str, ...]:
        """Of its rows, in order."""
        return tuple(self.rows["file_id"].to_pylist())

    @property
    def is_doubtful(self) -> bool:
        """Whether a row was refused that another look may find good."""
        return any(refusal.is_doubtful for refusal in self.refused)


def rows_table(shard: Shard, rows: pa.Table, images: Sequence[StoredImage]) -> pa.Table:
    """The record of rows that were written, each with its image."""
    count = len(images)
    columns = [
        [shard.split] * count,
        [shard.index] * count,
        rows["place"],
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
    """Where a shard's record stands."""
    return output / ROWS / f"{shard.stem}.parquet"


def write(output: Path, shard: Shard, record: ShardRecord) -> None:
    """Write a shard's record; the shard itself must be on disk already."""
    note = {
        "key": record.key,
        "written": asdict(record.written),
        "refused": [asdict(refusal) for refusal in record.refused],
    }
    table = record.rows.replace_schema_metadata({_NOTE: json.dumps(note)})
    with writing(path_of(output, shard)) as file:
        pq.write_table(table, pa.PythonFile(file, mode="w"), compression="zstd")


def read(output: Path, shard: Shard) -> ShardRecord | None:
    """A shard's record, or None where there is none that can be read."""
    try:
        rows = pq.read_table(path_of(output, shard))
        return _of_note(rows.schema, rows.replace_schema_metadata())
    except _UNREADABLE:
        return None


def rows_of(output: Path, shard: Shard) -> pa.Table:
    """The record of a shard's rows.

    Raises:
        OutputError: it is missing or damaged.
    """
    found = read(output, shard)
    if found is None:
        path = path_of(output, shard)
        raise OutputError(f"{path} is missing or damaged: remove it, then run the same command again")
    return found.rows


def glance(output: Path, shard: Shard) -> ShardRecord | None:
    """As :func:`read`, without the rows: a build of many shards looks at all of them."""
    try:
        return _of_note(pq.read_schema(path_of(output, shard)), ROW_SCHEMA.empty_table())
    except _UNREADABLE:
        return None


def _of_note(schema: pa.Schema, rows: pa.Table) -> ShardRecord:
    note = json.loads(schema.metadata[_NOTE])
    refused = tuple(Refusal(**refusal) for refusal in note["refused"])
    return ShardRecord(note["key"], Written(**note["written"]), refused, rows)


def finished(output: Path, shard: Shard, name: str, key: str) -> ShardRecord | None:
    """The record of a shard that is there at a glance, by key and size."""
    found = glance(output, shard)
    return found if found and found.key == key and _has_size(output / name, found.written) else None


def seems_settled(output: Path, shard: Shard, name: str, key: str) -> bool:
    """Whether a shard is there, at a glance, and no row of it is to be looked at again."""
    found = finished(output, shard, name, key)
    return found is not None and not found.is_doubtful


def stands(file: Path, written: Written) -> bool:
    """Whether a shard is on disk as its record says, to the byte."""
    return _has_size(file, written) and sha256_of(file) == written.sha256


def _has_size(file: Path, written: Written) -> bool:
    return file.is_file() and file.stat().st_size == written.size


def forget_others(output: Path, shards: Iterable[Shard]) -> None:
    """Remove the rows of shards that are none of these: an earlier plan's, which had another number of them."""
    ours = {path_of(output, shard) for shard in shards}
    for path in (output / ROWS).glob("*.parquet"):
        if path not in ours:
            path.unlink(missing_ok=True)


def write_refused(output: Path, refused: Iterable[dict[str, Any]]) -> None:
    """Write who was refused, in order."""
    table = pa.Table.from_pylist(list(refused), schema=REFUSED_SCHEMA)
    with writing(output / REFUSED) as file:
        pq.write_table(table, pa.PythonFile(file, mode="w"), compression="zstd")


def write_waiting(output: Path, shard: Shard, key: str, refused: Iterable[Refusal]) -> None:
    """Keep the refused rows of a shard that cannot be written before they have their spares."""
    write_json(_waiting(output, shard), {"key": key, "refused": [asdict(refusal) for refusal in refused]})


def read_waiting(output: Path, shard: Shard, key: str) -> tuple[Refusal, ...]:
    """The refused rows of a shard that waits for its spares; none where it does not, or was planned otherwise."""
    try:
        note = json.loads(_waiting(output, shard).read_text(encoding="utf-8"))
        return tuple(Refusal(**refusal) for refusal in note["refused"]) if note["key"] == key else ()
    except (OSError, ValueError, TypeError, KeyError):
        return ()


def clear_waiting(output: Path) -> None:
    """Forget who waits: all shards are written."""
    shutil.rmtree(output / WAITING, ignore_errors=True)


def _waiting(output: Path, shard: Shard) -> Path:
    return output / WAITING / f"{shard.stem}.json"
