"""Ask the kernel for bytes that will be read soon.

A cold disk answers many places at once about 3.5 times as fast as one after the other.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any

from indexer.containers.shapes import Access, Container

# A zip's local header, name and extra field stand before the packed bytes.
HEADER_SIZE = 512

Row = Mapping[str, Any]


def reading_order(row: Row) -> tuple[int, int, str, int]:
    """By container, then by offset; loose files by path; in forward-only containers by ordinal."""
    return row["container_id"], row["offset"] or 0, row["path"], row["ordinal"]


def ask(containers: Mapping[int, Container], rows: Iterable[Row]) -> None:
    """Have the bytes of ``rows`` read into the page cache, as they lie. A hint: what fails here is met when reading."""
    places = (
        place for row in sorted(filter(_lies_somewhere, rows), key=reading_order) for place in _places(containers, row)
    )
    for path, ranges in groupby(places, key=lambda place: place[0]):
        with suppress(OSError):
            _advise(path, [(start, size) for _, start, size in ranges])


def _lies_somewhere(row: Row) -> bool:
    return row["refusal"] is None and row["access"] in (Access.FILE, Access.SLICE, Access.ZIP)


def _places(containers: Mapping[int, Container], row: Row) -> Iterator[tuple[Path, int, int]]:
    """File, offset and size of each piece of a row: one, or more where it goes over a volume's end."""
    container = containers[row["container_id"]]
    if row["access"] == Access.FILE:
        yield container.root / row["path"], 0, row["expected_size"]
        return
    start, end = row["offset"], row["offset"] + (row["packed_size"] or row["expected_size"]) + HEADER_SIZE
    before = 0
    for volume in container.volumes:
        here = max(start, before), min(end, before + volume.size)
        if here[0] < here[1]:
            yield container.root / volume.path, here[0] - before, here[1] - here[0]
        before += volume.size


def _advise(path: Path, ranges: Iterable[tuple[int, int]]) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        for start, size in ranges:
            os.posix_fadvise(descriptor, start, size, os.POSIX_FADV_WILLNEED)
    finally:
        os.close(descriptor)
