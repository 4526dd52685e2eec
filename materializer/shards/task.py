"""Build one shard: read and check its images, then write it or return the refused rows. Runs in workers."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from indexer.base.durable import writing
from indexer.base.errors import BadData
from materializer.models import Feature, Refusal, RowsTask, ShardFile, ShardResult, ShardTask
from materializer.shards import record
from materializer.shards.formats import output_format
from materializer.shards.formats.output_format import OutputFormat, ShardWriter
from materializer.shards.reading import Piece, read_images
from materializer.shards.record import ShardRecord
from materializer.shards.record_batches import too_large
from materializer.shards.transform import PreparedImage
from materializer.shards.variants import encodes_all


class _Refused(Exception):
    """Rows of the shard were refused; the unfinished file is removed."""


def build_shard(task: ShardTask) -> ShardResult:
    """Write a shard, keep the finished one, or return the rows that cannot be used.

    All rows are checked even if one is refused, so that the refusals depend on the rows alone.

    Raises:
        SourceError: a container is missing or has changed.
        OutputError: the shard cannot be written.
    """
    found = record.read(task.output, task.shard)
    if found is not None and _is_current(found, task):
        return ShardResult(found.file, found.refused, kept=True)
    refused: list[Refusal] = []
    try:
        written = _write(task, refused)
    except _Refused:
        return ShardResult(None, tuple(refused))
    record.write(task.output, task.shard, written)
    return ShardResult(written.file, task.refused)


def check_rows(work: RowsTask) -> tuple[Refusal, ...]:
    """Return the rows that cannot be used."""
    feature = work.settings.feature
    return tuple(refusal for piece in read_images(work) for refusal in _refusals(piece, feature))


def halves(work: RowsTask) -> tuple[RowsTask, ...]:
    """Split a task in two, to find the row that crashes its worker; a task of one row gives none."""
    count = work.rows.num_rows
    if count < 2:
        return ()
    parts = work.rows.slice(0, count // 2), work.rows.slice(count // 2)
    return tuple(replace(work, rows=part) for part in parts)


def _is_current(found: ShardRecord, task: ShardTask) -> bool:
    """Return whether a shard on disk is the one to build: same plan, same images, file intact.

    In the first round the task has no refusals yet: retryable refusals of the record are checked again. In the second
    round the record must hold exactly the task's rows.
    """
    rows = task.work.rows
    expected = dict(zip(rows["file_id"].to_pylist(), rows["hash"].to_pylist(), strict=True))
    stored = zip(found.file_ids, found.rows["source_sha256"].to_pylist(), strict=True)
    if found.key != task.key or any(expected.get(file_id) not in (None, digest) for file_id, digest in stored):
        return False
    format_ = output_format(task.work.settings.format)
    path = task.output / format_.path(task.shard)
    if not format_.is_intact(path, found.file) or not (format_.holds_images or _has_images(format_, path, found)):
        return False
    if task.refused:
        return found.file_ids == tuple(rows["file_id"].to_pylist())
    return _still_refused(found, task.work)


def _has_images(format_: OutputFormat, path: Path, found: ShardRecord) -> bool:
    """Return whether the loose images of a shard have the recorded bytes."""
    try:
        digests = [hashlib.sha256(data).hexdigest() for _, data in format_.read(path)]
    except record.UNREADABLE:
        return False
    return digests == list(found.rows["stored_sha256"].to_pylist())


def _still_refused(found: ShardRecord, work: RowsTask) -> bool:
    """Return whether the retryable refusals of a record are refused again, for the same reasons."""
    retryable = tuple(refusal for refusal in found.refused if refusal.is_retryable)
    if not retryable:
        return True
    positions = pa.array([refusal.position for refusal in retryable])
    return check_rows(replace(work, rows=work.rows.filter(pc.is_in(work.rows["position"], positions)))) == retryable


def _write(task: ShardTask, refused: list[Refusal]) -> ShardRecord:
    """Write a shard; add the rows that cannot be used to ``refused``, and raise _Refused if there are any."""
    format_, feature = output_format(task.work.settings.format), task.work.settings.feature
    recorded: list[pa.Table] = [record.ROW_SCHEMA.empty_table()]
    start = 0
    copies = format_.holds_images and not encodes_all(task.work.settings)
    size = pc.sum(task.work.rows["expected_size"]).as_py() if copies else 0
    path = task.output / format_.path(task.shard)
    with writing(path, hashes=format_.hashes_file, size=size or 0) as file:
        with format_.writer(file, task.output, task.work.settings) as writer:
            for piece in read_images(task.work, task.threads):
                refused.extend(_refusals(piece, feature))
                if not refused:
                    recorded.append(_append(writer, task, start, piece))
                start += len(piece.rows)
                del piece  # its images may be large: they leave the memory before the next ones are read
        if refused:
            raise _Refused
    rows_record = pa.concat_tables(recorded)
    return ShardRecord(task.key, ShardFile(rows_record.num_rows, file.size, writer.digest), task.refused, rows_record)


def _append(writer: ShardWriter, task: ShardTask, start: int, piece: Piece) -> pa.Table:
    """Write the images of a piece, none of which is refused, with their rows of the task; return their record."""
    images = [result for result in piece.results if isinstance(result, PreparedImage)]
    rows = task.work.rows.slice(start, len(images))
    writer.write(rows, images, ends_window=piece.ends_window)
    return record.rows_table(task.shard, rows, images)


def _refusals(piece: Piece, feature: Feature) -> list[Refusal]:
    bad = [
        (row, result if isinstance(result, BadData) else too_large(result, feature))
        for row, result in zip(piece.rows, piece.results, strict=True)
    ]
    return [Refusal(row["position"], row["file_id"], why.reason, why.detail) for row, why in bad if why is not None]
