"""Ask the kernel to read bytes that will be needed soon.

A cold disk serves many requests at once about 3.5 times as fast as one after the other.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from operator import itemgetter
from typing import TypeAlias

from indexer.base.remote import Url
from indexer.containers.formats.zip.reading import HEADER_ROOM
from indexer.containers.models import Access, Container, MemberRef

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY
FileRange: TypeAlias = tuple[str, int, int]  # file, offset, size


def prefetch(members: Sequence[tuple[Container, MemberRef]]) -> None:
    """Have the bytes of ``members`` read into the page cache, as far as they have random access on a local disk.

    This is a hint: errors are ignored, reading the members will report them. Nothing is requested if the last member is
    in the page cache already. Object storage has no page cache; there, ``read_members`` itself requests ahead.
    """
    last = next((found for container, member in reversed(members) for found in _ranges(container, member)), None)
    if last is None or _is_cached(*last[:2]):
        return
    ranges = sorted(found for container, member in members for found in _ranges(container, member))
    for path, group in groupby(ranges, key=itemgetter(0)):
        with suppress(OSError):
            _advise(path, [(start, size) for _, start, size in group])


def _ranges(container: Container, member: MemberRef) -> Iterator[FileRange]:
    """Yield the ranges of files that hold a member: several if it crosses the ends of volumes."""
    if isinstance(container.root, Url):
        return
    size = member.packed_size or member.size or 0
    if member.access is Access.FILE:
        yield f"{container.root}/{member.path}", 0, size
    elif member.access in (Access.SLICE, Access.ZIP) and member.offset is not None:
        start, end, volume_start = member.offset, member.offset + size + HEADER_ROOM, 0
        for volume in container.volumes:
            first, last = max(start, volume_start), min(end, volume_start + volume.size)
            if first < last:
                yield f"{container.root}/{volume.path}", first - volume_start, last - first
            volume_start += volume.size


def _is_cached(path: str, offset: int) -> bool:
    """Return whether a byte is in the page cache, if the file system reports it: its neighbours probably are, too."""
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError:
        return False
    try:
        return os.preadv(descriptor, [bytearray(1)], offset, os.RWF_NOWAIT) > 0
    except (OSError, AttributeError):  # RWF_NOWAIT exists on Linux only
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
