"""Read the images of rows: rows in output order, each container in its own order.

Rows are divided into windows. Inside a window, the members of each container are read in the order of their offsets,
while the next window is prefetched. Memory is bounded by two windows, and the disk gets many requests at a time.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import pyarrow as pa

from indexer.base.errors import BadData, SourceError
from indexer.base.remote import Root, Url
from indexer.base.workers import time_limit
from indexer.containers.file_stamp import size_and_time
from indexer.containers.from_manifest import stored_member
from indexer.containers.models import Access
from indexer.containers.prefetch import prefetch
from indexer.containers.reading import read_members
from indexer.roots import localize
from materializer.models import RowsTask
from materializer.shards.transform import ImageFacts, PreparedImage, prepare

WINDOW_SIZE = 48_000_000
WINDOW_ROWS = 2_000

Row = Mapping[str, Any]
ReadResult = PreparedImage | BadData


def read_images(work: RowsTask) -> Iterator[tuple[list[Row], list[ReadResult]]]:
    """Yield windows of rows in output order, each row with its image or the reason why it cannot be used.

    Raises:
        SourceError: a container or a loose file is missing or has changed since the scan.
    """
    work = replace(work, containers={number: localize(container) for number, container in work.containers.items()})
    windows = _windows(work.rows)
    window = next(windows, None)
    while window is not None:
        following = next(windows, None)
        if following is not None:
            prefetch(
                (work.containers[row["container_id"]], stored_member(row, row["position"]))
                for row in following
                if row["refusal"] is None
            )
        yield window, _read(work, window)
        window = following


def _windows(rows: pa.Table) -> Iterator[list[Row]]:
    """Yield windows of rows of at most ``WINDOW_SIZE`` expected bytes; a larger image has its own window."""
    window: list[Row] = []
    size = 0
    for batch in rows.to_batches(max_chunksize=WINDOW_ROWS):
        for row in batch.to_pylist():
            if window and (size + row["expected_size"] > WINDOW_SIZE or len(window) >= WINDOW_ROWS):
                yield window
                window, size = [], 0
            window.append(row)
            size += row["expected_size"]
    if window:
        yield window


def _read(work: RowsTask, window: Sequence[Row]) -> list[ReadResult]:
    rows = {row["position"]: row for row in window}
    results: dict[int, ReadResult] = {}
    for position, data in _bytes(work, window):
        results[position] = data if isinstance(data, BadData) else _prepared(rows[position], data, work)
    return [results[row["position"]] for row in window]


def _bytes(work: RowsTask, window: Sequence[Row]) -> Iterator[tuple[int, bytes | BadData]]:
    """Yield position and bytes of each row, container by container; rows that are refused already are not read."""
    for row in window:
        if row["refusal"] is not None:
            yield row["position"], BadData(row["refusal"], row["detail"] or "")
    readable = sorted((row for row in window if row["refusal"] is None), key=_reading_order)
    for number, group in groupby(readable, key=lambda row: int(row["container_id"])):
        container, members = work.containers[number], [(row, stored_member(row, row["position"])) for row in group]
        for row, member in members:
            if member.access is Access.FILE:
                _check_unchanged(container.root, member.path, row)
        yield from read_members(container, [member for _, member in members], work.limits)


def _reading_order(row: Row) -> tuple[int, int, str, int]:
    """Return container, then offset; for loose files path; for sequential access ordinal."""
    return row["container_id"], row["offset"] or 0, row["path"], row["ordinal"]


def _check_unchanged(root: Root, path: str, row: Row) -> None:
    """Raise SourceError if a loose file is missing or has changed: then the manifest is out of date."""
    file = root / path if isinstance(root, Url) else f"{root}/{path}"  # making a Path takes as long as the call of stat
    try:
        found = file.stat() if isinstance(file, Url) else os.stat(file)  # noqa: PTH116
    except OSError as error:
        raise SourceError(f"{file} cannot be read ({error.strerror}): restore it, or scan again") from error
    if size_and_time(found) != (row["size"], row["mtime_ns"]):
        raise SourceError(f"{file} has changed since it was scanned: run 'python -m indexer scan' again")


def _prepared(row: Row, data: bytes, work: RowsTask) -> ReadResult:
    facts = (row["known_hash"], row["width"], row["height"], row["format"], row["mode"], row["metadata_removed"])
    known = None if None in facts else ImageFacts(*facts)
    try:
        with time_limit(work.image_limits.seconds):  # ends this worker if the decoder hangs; the image is refused
            return prepare(data, known, row["hash"], work.settings, work.image_limits)
    except BadData as bad:
        return bad
