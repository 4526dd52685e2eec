"""One task of a build: a shard is read, checked and written, or its refused rows are told. Runs in workers."""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from indexer.base.durable import writing
from indexer.base.errors import BadData
from materializer.models import Feature, Refusal, RowsTask, ShardTask, TaskResult, Written
from materializer.shards import record
from materializer.shards.formats import FORMATS
from materializer.shards.reading import Read, Row, images
from materializer.shards.record import ShardRecord
from materializer.shards.record_batches import too_large
from materializer.shards.transform import StoredImage


class _Refused(Exception):
    """The shard cannot be finished; what was written of it goes."""


def build_shard(task: ShardTask) -> TaskResult:
    """Write a shard, or keep the finished one, or say which of its rows cannot be used.

    All rows are looked at even when one is refused, so that what is refused depends on the rows alone.

    Raises:
        SourceError: a container vanished or changed.
        OutputError: the shard cannot be written.
    """
    found = record.read(task.output, task.shard)
    file_ids = tuple(task.work.rows["file_id"].to_pylist())
    if found is not None and _is_this(found, task, file_ids):
        return TaskResult(found.written, found.refused, kept=True)
    refused: list[Refusal] = []
    try:
        done = _write(task, refused)
    except _Refused:
        return TaskResult(None, tuple(refused))
    record.write(task.output, task.shard, done)
    return TaskResult(done.written, task.refused)


def check_rows(work: RowsTask) -> tuple[Refusal, ...]:
    """Which of the rows cannot be used."""
    return tuple(refusal for rows, found in images(work) for refusal in _refusals(rows, found, work.settings.feature))


def halves(work: RowsTask) -> tuple[RowsTask, ...]:
    """Two tasks of half the rows each, to find the row that ends its worker; none for a single row."""
    count = work.rows.num_rows
    if count < 2:
        return ()
    parts = work.rows.slice(0, count // 2), work.rows.slice(count // 2)
    return tuple(replace(work, rows=part) for part in parts)


def _is_this(found: ShardRecord, task: ShardTask, file_ids: tuple[str, ...]) -> bool:
    """Whether the record is of this task: planned alike, and no row has become another since.

    The first time a shard is asked for nobody knows yet who will be refused, and what was refused for want of a good
    disk is looked at again; later its very rows are asked for.
    """
    unchanged = found.key == task.key and _expected_hashes_met(found, task.work.rows)
    path = task.output / FORMATS[task.work.settings.format].path(task.shard)
    if not (unchanged and record.stands(path, found.written)):
        return False
    return found.file_ids == file_ids if task.refused else _refused_still(found, task.work)


def _refused_still(found: ShardRecord, work: RowsTask) -> bool:
    """Whether another look at what was refused for want of a good disk finds what the first one did."""
    doubtful = tuple(refusal for refusal in found.refused if refusal.is_doubtful)
    if not doubtful:
        return True
    places = pa.array([refusal.place for refusal in doubtful])
    return check_rows(replace(work, rows=work.rows.filter(pc.is_in(work.rows["place"], places)))) == doubtful


def _expected_hashes_met(found: ShardRecord, rows: pa.Table) -> bool:
    expected = dict(zip(rows["file_id"].to_pylist(), rows["hash"].to_pylist(), strict=True))
    stored = zip(found.rows["file_id"].to_pylist(), found.rows["source_sha256"].to_pylist(), strict=True)
    return all(expected.get(file_id) in (None, digest) for file_id, digest in stored)


def _write(task: ShardTask, refused: list[Refusal]) -> ShardRecord:
    kind, feature = FORMATS[task.work.settings.format], task.work.settings.feature
    recorded: list[pa.Table] = [record.ROW_SCHEMA.empty_table()]
    start = 0
    with writing(task.output / kind.path(task.shard)) as file:
        with kind.writer(file, feature) as writer:
            for rows, found in images(task.work):
                refused.extend(_refusals(rows, found, feature))
                if not refused:
                    stored = _all_stored(found)
                    table = task.work.rows.slice(start, len(rows))
                    writer.write(table, stored)
                    recorded.append(record.rows_table(task.shard, table, stored))
                start += len(rows)
        if refused:
            raise _Refused
    rows_record = pa.concat_tables(recorded)
    return ShardRecord(task.key, Written(rows_record.num_rows, file.size, file.sha256), task.refused, rows_record)


def _all_stored(found: Sequence[Read]) -> list[StoredImage]:
    return [read for read in found if isinstance(read, StoredImage)]


def _refusals(rows: Sequence[Row], found: Sequence[Read], feature: Feature) -> list[Refusal]:
    bad = [
        (row, read if isinstance(read, BadData) else too_large(read, feature))
        for row, read in zip(rows, found, strict=True)
    ]
    return [Refusal(row["place"], row["file_id"], why.reason, why.detail) for row, why in bad if why is not None]
