"""Rows in output order -> their images, read in the order in which they lie.

Rows are taken in windows. Inside one, every container is read in its own order; the window after it is asked for from
the disk meanwhile. So memory is bounded by two windows, and a disk that seeks is asked for many places at a time.
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
from indexer.containers import prefetch
from indexer.containers.file_stamp import size_and_time
from indexer.containers.from_manifest import stored_member
from indexer.containers.models import Access
from indexer.containers.reading import read_members
from indexer.roots import localize
from materializer.models import RowsTask
from materializer.shards.transform import KnownFacts, StoredImage, prepare

WINDOW_SIZE = 48_000_000
WINDOW_ROWS = 2_000

Row = Mapping[str, Any]
Read = StoredImage | BadData


def images(work: RowsTask) -> Iterator[tuple[list[Row], list[Read]]]:
    """Yield rows window by window, in output order, each with its image or why it cannot be used."""
    work = replace(work, containers={number: localize(container) for number, container in work.containers.items()})
    ahead = _windows(work.rows)
    window = next(ahead, None)
    while window is not None:
        following = next(ahead, None)
        if following is not None:
            prefetch.ask(work.containers, following)
        yield window, _read(work, window)
        window = following


def _windows(rows: pa.Table) -> Iterator[list[Row]]:
    """Cut rows where their expected bytes reach a window; one larger image is a window of its own."""
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


def _read(work: RowsTask, window: Sequence[Row]) -> list[Read]:
    by_place: dict[int, Read] = {}
    rows = {row["place"]: row for row in window}
    for place, data in _bytes(work, window):
        by_place[place] = data if isinstance(data, BadData) else _stored(rows[place], data, work)
    return [by_place[row["place"]] for row in window]


def _bytes(work: RowsTask, window: Sequence[Row]) -> Iterator[tuple[int, bytes | BadData]]:
    """Bytes as they come, container by container; what is known to be unusable is not read."""
    for row in window:
        if row["refusal"] is not None:
            yield row["place"], BadData(row["refusal"], row["detail"] or "")
    readable = sorted((row for row in window if row["refusal"] is None), key=prefetch.reading_order)
    for number, group in groupby(readable, key=lambda row: int(row["container_id"])):
        container, members = work.containers[number], [(row, stored_member(row, row["place"])) for row in group]
        for row, member in members:
            if member.access is Access.FILE:
                _refuse_changed(container.root, member.path, row)
        yield from read_members(container, [member for _, member in members], work.limits)


def _refuse_changed(root: Root, path: str, row: Row) -> None:
    """A loose file that is gone or another one is not bad data: the manifest is out of date."""
    place = root / path if isinstance(root, Url) else f"{root}/{path}"  # text: a path object takes as long as the call
    try:
        found = place.stat() if isinstance(place, Url) else os.stat(place)  # noqa: PTH116
    except OSError as error:
        raise SourceError(f"{place} cannot be read ({error.strerror}): bring it back, or scan again") from error
    if size_and_time(found) != (row["size"], row["mtime_ns"]):
        raise SourceError(f"{place} has changed since it was scanned: run 'python -m indexer scan' again")


def _stored(row: Row, data: bytes, work: RowsTask) -> Read:
    try:
        with time_limit(work.image_limits.seconds):  # a decoder that hangs ends this worker, and the image is refused
            return prepare(data, _facts(row), row["hash"], work.settings, work.image_limits)
    except BadData as bad:
        return bad


def _facts(row: Row) -> KnownFacts | None:
    if None in (row["known_hash"], row["width"], row["height"], row["format"], row["mode"]):
        return None
    return KnownFacts(row["known_hash"], row["width"], row["height"], row["format"], row["mode"])
