"""Ask the kernel for bytes that will be read soon.

A cold disk answers many places at once about 3.5 times as fast as one after the other.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import groupby
from typing import Any, TypeAlias

from indexer.base.remote import Url
from indexer.containers.models import Access, Container

# A zip's local header, name and extra field stand before the packed bytes.
HEADER_SIZE = 512
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY

Row = Mapping[str, Any]
Place: TypeAlias = tuple[str, int, int]


def reading_order(row: Row) -> tuple[int, int, str, int]:
    """By container, then by offset; loose files by path; in forward-only containers by ordinal."""
    return row["container_id"], row["offset"] or 0, row["path"], row["ordinal"]


def ask(containers: Mapping[int, Container], rows: Iterable[Row]) -> None:
    """Have the bytes of ``rows`` read into the page cache, as they lie. A hint: what fails here is met when reading.

    Object storage has no such cache: there, reading itself asks for what comes next.
    """
    lying = sorted((row for row in rows if _lies_on_disk(containers, row)), key=reading_order)
    places = [place for row in lying for place in _places(containers, row)]
    if not places or _is_at_hand(*places[-1][:2]):
        return
    for path, ranges in groupby(places, key=lambda place: place[0]):
        with suppress(OSError):
            _advise(path, [(start, size) for _, start, size in ranges])


def _lies_on_disk(containers: Mapping[int, Container], row: Row) -> bool:
    has_place = row["refusal"] is None and row["access"] in (Access.FILE, Access.SLICE, Access.ZIP)
    return has_place and not isinstance(containers[row["container_id"]].root, Url)


def _places(containers: Mapping[int, Container], row: Row) -> Iterator[Place]:
    """File, offset and size of each piece of a row: one, or more where it goes over a volume's end."""
    container = containers[row["container_id"]]
    if row["access"] == Access.FILE:
        yield f"{container.root}/{row['path']}", 0, row["expected_size"]
        return
    start, end = row["offset"], row["offset"] + (row["packed_size"] or row["expected_size"]) + HEADER_SIZE
    before = 0
    for volume in container.volumes:
        here = max(start, before), min(end, before + volume.size)
        if here[0] < here[1]:
            yield f"{container.root}/{volume.path}", here[0] - before, here[1] - here[0]
        before += volume.size


def _is_at_hand(path: str, offset: int) -> bool:
    """Whether a byte is in memory already, as far as the file system tells: then its neighbours are, too."""
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError:
        return False
    try:
        return os.preadv(descriptor, [bytearray(1)], offset, os.RWF_NOWAIT) > 0
    except (OSError, AttributeError):  # RWF_NOWAIT is Linux's
        return False
    finally:
        os.close(descriptor)


def _advise(path: str, ranges: Iterable[tuple[int, int]]) -> None:
    descriptor = os.open(path, _FLAGS)
    try:
        for start, size in ranges:
            os.posix_fadvise(descriptor, start, size, os.POSIX_FADV_WILLNEED)
    finally:
        os.close(descriptor)
