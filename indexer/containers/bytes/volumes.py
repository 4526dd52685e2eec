"""Bytes over several files, read by position in the sequence of all volumes."""

import bisect
import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from indexer.base.errors import BadData
from indexer.base.remote import Object

BLOCK = 1 << 20
_MOST_HOLES = 64  # that are searched in one file
_ONE_PREAD = 1 << 30  # bytes; from 2 GiB on the kernel returns fewer than requested
_HAS_PAGE_CACHE_CALLS = hasattr(os, "posix_fadvise") and hasattr(os, "RWF_NOWAIT")  # Linux


@dataclass(frozen=True, slots=True)
class VolumePart:
    """``size`` bytes at ``start`` of the volume ``name``: of an open file, or of an object.

    The bytes are missing if there is neither.
    """

    name: str
    size: int
    descriptor: int | None
    remote: Object | None = None
    start: int = 0

    @property
    def is_missing(self) -> bool:
        """Return whether the bytes are missing."""
        return self.descriptor is None and self.remote is None


class Volumes:
    """Open parts, one after the other. Missing parts keep their size, so that positions in the others are right."""

    def __init__(self, parts: Sequence[VolumePart]) -> None:
        self._parts = tuple(parts)
        self._starts = list(accumulate((part.size for part in parts), initial=0))
        self.size = self._starts.pop()
        self.is_remote = any(part.remote is not None for part in parts)

    def read(self, offset: int, size: int) -> bytes:
        """Return ``size`` bytes at ``offset``, fewer at the end and before a missing part.

        Raises BadData if the first byte is missing, OSError from the disk.
        """
        index = bisect.bisect_right(self._starts, offset) - 1
        part = self._parts[index]
        within = offset - self._starts[index]
        if within + size <= part.size and size <= _ONE_PREAD and part.descriptor is not None:
            return os.pread(part.descriptor, size, part.start + within)
        return b"".join(self._pieces(index, within, min(size, self.size - offset)))

    def read_into(self, offset: int, target: memoryview) -> int:
        """Fill ``target`` with the bytes at ``offset``; return how many there are, as :meth:`read` does."""
        index = bisect.bisect_right(self._starts, offset) - 1
        part = self._parts[index]
        within = offset - self._starts[index]
        if within + len(target) <= part.size and len(target) <= _ONE_PREAD and part.descriptor is not None:
            return os.preadv(part.descriptor, [target], part.start + within)
        data = self.read(offset, len(target))
        target[: len(data)] = data
        return len(data)

    def _pieces(self, index: int, within: int, size: int) -> Iterator[bytes]:
        for number, part in enumerate(self._parts[index:]):
            if size <= 0 or (number and part.is_missing):
                return
            piece = _read(part, within, min(size, part.size - within))
            yield piece
            size -= len(piece)
            within = 0

    def prefetch(self, offset: int, size: int) -> None:
        """Ask the kernel to read these bytes soon. A hint: of bytes that cross an edge, only the first part is read."""
        index = bisect.bisect_right(self._starts, offset) - 1
        part = self._parts[index]
        if part.descriptor is not None and _HAS_PAGE_CACHE_CALLS:
            start = part.start + offset - self._starts[index]
            os.posix_fadvise(part.descriptor, start, size, os.POSIX_FADV_WILLNEED)

    def request(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Ask object storage for those of these ranges (offset, size) that are stored there."""
        for part, start in zip(self._parts, self._starts, strict=True):
            if part.remote is not None:
                cut = ((max(offset - start, 0), min(offset + size - start, part.size)) for offset, size in ranges)
                part.remote.expect((part.start + begin, end - begin) for begin, end in cut if begin < end)

    def is_cached(self, offset: int) -> bool:
        """Return whether the byte at ``offset`` is in the page cache, if the file system reports it."""
        index = bisect.bisect_right(self._starts, offset) - 1
        part = self._parts[index]
        within = part.start + offset - self._starts[index]
        try:
            return part.descriptor is None or os.preadv(part.descriptor, [bytearray(1)], within, os.RWF_NOWAIT) >= 0
        except OSError:
            return False

    @cached_property
    def edges(self) -> list[int]:
        """Where the parts after the first, and holes in their files, begin and end, in order."""
        found = list(self._starts[1:])
        for part, start in zip(self._parts, self._starts, strict=True):
            if part.descriptor is not None:
                found += (start - part.start + place for place in _holes(part.descriptor, part.start + part.size))
        return sorted(place for place in found if place > 0)

    def next_part(self, offset: int) -> int:
        """Return where the part after the one at ``offset`` begins."""
        index = bisect.bisect_right(self._starts, offset)
        return self._starts[index] if index < len(self._starts) else self.size

    def files(self) -> Iterator[tuple[str, int]]:
        """Yield name and descriptor of each open file."""
        return ((part.name, part.descriptor) for part in self._parts if part.descriptor is not None)

    def window(self) -> "ByteRange":
        """Return the range of all bytes."""
        descriptor = self._parts[0].descriptor if len(self._parts) == 1 else None
        if descriptor is None:
            return ByteRange(self, 0, self.size)
        return FileRange(self, 0, self.size, descriptor, self._parts[0].start)


def _holes(descriptor: int, size: int) -> Iterator[int]:
    """Yield where holes of a file begin and end: an unfinished download has some, if its room was reserved."""
    place = 0
    with contextlib.suppress(OSError):  # not supported, or no data until the end
        for _ in range(_MOST_HOLES):
            place = os.lseek(descriptor, place, os.SEEK_HOLE)
            if place >= size:
                return
            yield place
            place = os.lseek(descriptor, place, os.SEEK_DATA)
            yield place


def _read(part: VolumePart, offset: int, size: int) -> bytes:
    if size <= 0:
        return b""
    if part.remote is not None:
        return part.remote.read(part.start + offset, size)
    if part.descriptor is None:
        raise BadData("volume missing", part.name)
    offset += part.start
    data = os.pread(part.descriptor, size, offset)
    while 0 < len(data) < size:
        more = os.pread(part.descriptor, size - len(data), offset + len(data))
        if not more:
            break
        data += more
    return data


@dataclass(frozen=True, slots=True)
class ByteRange:
    """``size`` bytes at ``start`` of some volumes. Positions count from ``start``; nothing is copied."""

    volumes: Volumes
    start: int
    size: int

    def read(self, offset: int, size: int) -> bytes:
        """Return ``size`` bytes at ``offset``, fewer at the range's end or before a missing volume.

        Raises BadData if the first of them is missing, ValueError before the range's start.
        """
        if offset < 0:
            raise ValueError(f"position {offset} is before the range")
        if offset + size > self.size:
            size = self.size - offset
        return self.volumes.read(self.start + offset, size) if size > 0 else b""

    def read_into(self, offset: int, target: memoryview) -> int:
        """Fill ``target`` with the bytes at ``offset``; return how many there are. Raises as :meth:`read`."""
        if offset >= 0 and offset + len(target) <= self.size:
            return self.volumes.read_into(self.start + offset, target)
        data = self.read(offset, len(target))
        target[: len(data)] = data
        return len(data)

    def window(self, offset: int, size: int) -> "ByteRange":
        """Return the range of ``size`` bytes at ``offset`` in this one; it ends at this one's end at the latest."""
        return ByteRange(self.volumes, self.start + offset, max(0, min(size, self.size - offset)))

    def prefetch(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Have these ranges (offset, size) read in parallel, by the disk or from object storage."""
        inside = [(self.start + offset, size) for offset, size in ranges if 0 <= offset < self.size]
        if self.volumes.is_remote:
            self.volumes.request(inside)
            return
        for offset, size in inside:
            self.volumes.prefetch(offset, size)

    def is_cached(self, offset: int) -> bool:
        """Return whether prefetching the byte at ``offset`` is useless: it is in memory, or outside the range."""
        if self.volumes.is_remote:
            return False
        return not (_HAS_PAGE_CACHE_CALLS and 0 <= offset < self.size) or self.volumes.is_cached(self.start + offset)

    def edges(self) -> list[int]:
        """Return where volumes after the first, and holes, begin and end in this range, in order."""
        return [place - self.start for place in self.volumes.edges if self.start < place < self.start + self.size]

    def next_part(self, offset: int) -> int:
        """Return where the volume after the one at ``offset`` begins."""
        return self.volumes.next_part(self.start + offset) - self.start

    def blocks(self, size: int = BLOCK) -> Iterator[bytes]:
        """Yield all bytes from the start, in blocks."""
        for offset in range(0, self.size, size):
            yield self.read(offset, size)


@dataclass(frozen=True, slots=True)
class FileRange(ByteRange):
    """A range of one open file, at ``position`` in it: no part has to be searched."""

    descriptor: int
    position: int

    def read(self, offset: int, size: int) -> bytes:
        """Return bytes as :meth:`ByteRange.read`."""
        if offset >= 0 and offset + size <= self.size and 0 < size <= _ONE_PREAD:
            return os.pread(self.descriptor, size, self.position + offset)
        return ByteRange.read(self, offset, size)

    def read_into(self, offset: int, target: memoryview) -> int:
        """Fill ``target`` as :meth:`ByteRange.read_into`."""
        if offset >= 0 and offset + len(target) <= self.size and len(target) <= _ONE_PREAD:
            return os.preadv(self.descriptor, [target], self.position + offset)
        return ByteRange.read_into(self, offset, target)
