"""Read an untrusted export: parse and check it in a worker process, never in this one.

The result is safe: an :class:`~indexer.sharing.models.ExportHeader` and a Parquet file written by this program.
"""

import errno
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from indexer.base import resources
from indexer.base.errors import BadData, ManifestError, message_of
from indexer.base.selection_terms import ROLES, SPLIT_NAME
from indexer.base.untrusted_folder import refuse_special_files
from indexer.base.untrusted_json import InvalidJson, read_json
from indexer.base.workers import WorkerCrashed, WorkerPool, Workers, time_limit
from indexer.manifest.scratch import parquet_rows, scratch_database
from indexer.sharing.models import (
    FILE_SCHEMA,
    FORMAT,
    FORMAT_VERSION,
    HEAD_FILE,
    MAX_ROWS,
    ROW_SCHEMA,
    ROWS_FILE,
    ExportHeader,
)
from indexer.sharing.pairs import PAIRS_FILE, copy_pairs
from indexer.sharing.tally import tallying

# Lists and digests have one id per line, so an id with a line break would pass for two.
PATTERNS = {
    "split": SPLIT_NAME,
    "file_id": "^[^\\x00-\\x1f\\x7f]+$",
    "hash": "^[0-9a-f]{64}$",
    "row_check": "^[0-9a-f]{16}$",
}


@dataclass(frozen=True, slots=True)
class ImportLimits:
    """Limits for an untrusted export: rows, bytes of header, bytes per id, bytes of memory, seconds."""

    rows: int = MAX_ROWS
    head_size: int = 64 << 20
    id_length: int = 4096
    memory: int = 8 << 30
    seconds: float = 3600.0


@dataclass(frozen=True, slots=True)
class _Task:
    folder: Path
    clean: Path
    limits: ImportLimits


def load(folder: Path, clean: Path, limits: ImportLimits = ImportLimits()) -> ExportHeader:
    """Check the export in ``folder`` and write its rows to the new Parquet file ``clean``; returns its header.

    The pairs of a matched selection are written to the file ``PAIRS_FILE`` beside it.

    Raises:
        ManifestError: it is no export, is newer than this program, is damaged, or does not match its own digests.
        SourceError: it holds pipes or devices.
    """
    if not (folder / HEAD_FILE).is_file():
        raise ManifestError(f"{folder} is no export ({HEAD_FILE} is missing): name the folder of an export")
    refuse_special_files(folder)
    pool = WorkerPool(_check, Workers(jobs=1, memory=limits.memory))
    [(_, outcome)] = pool.run([_Task(folder, clean, limits)])
    if isinstance(outcome, WorkerCrashed):
        raise ManifestError(f"{folder} cannot be imported: reading it {outcome.reason}; ask for a fresh copy")
    if isinstance(outcome, str):
        raise ManifestError(f"{folder}: {outcome}")
    return outcome


def _check(task: _Task) -> ExportHeader | str:
    """Return the header, or one line on the error. Runs in the worker."""
    with time_limit(task.limits.seconds):
        try:
            head = _read_head(task.folder / HEAD_FILE, task.limits)
            found = replace(head, **_copy_rows(task))
            _refuse_repeated(task.clean)
            if head.pairs:
                copy_pairs(task.folder / PAIRS_FILE, task.clean.with_name(PAIRS_FILE), head.pairs, task.limits.rows)
        except BadData as error:
            return str(error)
        except (pa.ArrowException, OSError, MemoryError, duckdb.OutOfMemoryException) as error:
            return _damage(error, task.clean.parent.parent)
        return head if head == found else _mismatch(head, found.digests)


def _damage(error: Exception, scratch: Path) -> str:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{scratch} has no room for its rows: free some, or name another folder in TMPDIR"
    return f"{ROWS_FILE} is damaged: {message_of(error)[:200]}"


def _mismatch(head: ExportHeader, digests: Mapping[str, str]) -> str:
    wrong = sorted(split for split in digests if head.digests.get(split) != digests[split])
    return (
        f"{HEAD_FILE} and {ROWS_FILE} do not belong together (digests or counts differ:"
        f" {', '.join(wrong) or 'counts, contents'}): ask for a fresh copy"
    )


def _read_head(file: Path, limits: ImportLimits) -> ExportHeader:
    try:
        return _head_of(read_json(file, limits.head_size))
    except InvalidJson as error:
        raise BadData(f"{HEAD_FILE} is not valid JSON", str(error)) from error


def _head_of(content: Any) -> ExportHeader:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise BadData(f"{HEAD_FILE} has no format '{FORMAT}'")
    version = content.get("format_version")
    if type(version) is not int or not 1 <= version <= FORMAT_VERSION:
        raise BadData(f"made in format version {version!r:.20} by tool version {content.get('tool_version')!r:.40}",
                      f"this program reads up to {FORMAT_VERSION}; install that version or a newer one")  # fmt: skip
    content = {"algorithm": "", "pairs": "", **content}  # exports of earlier versions lack them
    wrong = [name for name, kind in _FIELDS.items() if not isinstance(content.get(name), kind)]
    if "name" not in wrong and not 0 < len(content["name"]) <= _NAME_LENGTH:
        wrong.append("name")
    if wrong:
        raise BadData(f"{HEAD_FILE} lacks or misspells {', '.join(wrong)}")
    return ExportHeader(**{name: content[name] for name in ExportHeader.__slots__})


_NAME_LENGTH = 1000
_TEXTS = ("name", "recipe", "recipe_hash", "seed", "tool_version", "algorithm", "pairs")
_MAPS = ("rows", "digests", "contents", "sources")
_FIELDS: dict[str, type] = dict.fromkeys(_TEXTS, str) | dict.fromkeys(_MAPS, dict)


def _copy_rows(task: _Task) -> dict[str, Any]:
    """Check and copy every batch; returns the counts and digests that the header should have."""
    with tallying(task.clean.parent) as tally:
        with (
            # Without pre_buffer, whose read-ahead buffer would be kept to the end.
            pq.ParquetFile(task.folder / ROWS_FILE, pre_buffer=False) as source,
            pq.ParquetWriter(task.clean, ROW_SCHEMA) as writer,
        ):
            for first, batch in _batches(source, task.limits):
                rows = batch.select(ROW_SCHEMA.names)
                _name_tampered(batch["row_check"], tally.add(rows), rows["file_id"], first)
                writer.write_batch(rows)
        return tally.result()


def _refuse_repeated(clean: Path) -> None:
    """Raise BadData if a file_id is in two rows, spares included."""
    with scratch_database(clean.parent) as engine:
        engine.register("shared", parquet_rows(clean))
        repeated = engine.sql(resources.sql("share/repeated")).fetchall()
    for file_id, times in repeated:
        raise BadData(f"{ROWS_FILE} holds {file_id!r:.100} {times:,} times")


def _batches(source: pq.ParquetFile, limits: ImportLimits) -> Iterator[tuple[int, pa.RecordBatch]]:
    if source.metadata.num_rows > limits.rows:
        raise BadData(f"{ROWS_FILE} has {source.metadata.num_rows:,} rows, more than {limits.rows:,}: raise --max-rows")
    if source.schema_arrow.names != FILE_SCHEMA.names:
        raise BadData(f"{ROWS_FILE} has other columns than this format version")
    first, last_key = 0, ("", -1)
    for raw in source.iter_batches(batch_size=65_536):
        batch = pa.RecordBatch.from_arrays(
            [raw[field.name].cast(field.type) for field in FILE_SCHEMA], schema=FILE_SCHEMA
        )
        batch.validate(full=True)
        _check_values(batch, first, limits)
        last_key = _check_order(batch, first, last_key)
        yield first, batch
        first += batch.num_rows


def _check_values(batch: pa.RecordBatch, first: int, limits: ImportLimits) -> None:
    tests = {name: pc.match_substring_regex(batch[name], pattern) for name, pattern in PATTERNS.items()}
    tests["role"] = pc.is_in(batch["role"], pa.array(ROLES))
    tests["label"] = pc.is_in(batch["label"], pa.array([0, 1], pa.int8()))
    tests |= {name: pc.greater_equal(batch[name], 0) for name in ("position", "size")}
    tests["file_id"] = pc.and_(tests["file_id"], pc.less_equal(pc.binary_length(batch["file_id"]), limits.id_length))
    tests["paired_real_images"] = _has_no_null(batch["paired_real_images"])
    for name, test in tests.items():
        passed = pc.and_(batch[name].is_valid(), pc.fill_null(test, False))
        if not pc.all(passed).as_py():
            row = pc.index(passed, False).as_py()
            raise BadData(
                f"{ROWS_FILE} row {first + row + 1} has a {name} that cannot be", repr(batch[name][row].as_py())[:100]
            )


def _has_no_null(lists: pa.ListArray) -> pa.BooleanArray:
    """Return for each list whether it has no null element."""
    broken = pc.list_parent_indices(lists).filter(pc.is_null(pc.list_flatten(lists)))
    return pc.invert(pc.is_in(pa.array(range(len(lists)), pa.int64()), broken))


def _check_order(batch: pa.RecordBatch, first: int, last: tuple[str, int]) -> tuple[str, int]:
    """Raise BadData unless (split, position) ascends; returns the last pair."""
    for row, key in enumerate(zip(batch["split"].to_pylist(), batch["position"].to_pylist(), strict=True)):
        if key <= last:
            raise BadData(f"{ROWS_FILE} row {first + row + 1} is out of order")
        last = key
    return last


def _name_tampered(stated: pa.Array, computed: pa.Array, ids: pa.Array, first: int) -> None:
    differs = pc.not_equal(stated, computed)
    if pc.any(differs).as_py():
        row = pc.index(differs, True).as_py()
        count = pc.sum(differs).as_py()
        detail = f"row {first + row + 1} ({ids[row].as_py()!r})" + (f" and {count - 1} more" if count > 1 else "")
        raise BadData(f"{ROWS_FILE} was changed after it was made", detail)
