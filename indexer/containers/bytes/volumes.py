"""Bytes over several files: a window that is read by position, whatever volumes it lies in."""

import bisect
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from indexer.base.errors import BadData
from indexer.base.remote import Object

BLOCK = 1 << 20
_ONE_PREAD = 1 << 30  # bytes; from 2 GiB on the kernel gives fewer than were asked for
_CAN_TELL_THE_DISK = hasattr(os, "posix_fadvise") and hasattr(os, "RWF_NOWAIT")  # Linux


@dataclass(frozen=True, slots=True)
class VolumePart:
    """``size`` bytes of a volume: on disk behind ``descriptor``, or ``remote``.

    Without either, the bytes are missing; then ``name`` says of which file.
    """

    name: str
    size: int
    descriptor: int | None
    remote: Object | None = None

    @property
    def is_missing(self) -> bool:
        """Whether there are no bytes."""
        return self.descriptor is None and self.remote is None


class Volumes:
    """Open parts end to end. Missing ones keep their room, so that positions in the others stay right."""

    def __init__(self, parts: Sequence[VolumePart]) -> None:
        self._parts = tuple(parts)
        self._starts = list(accumulate((part.size for part in parts), initial=0))
        self.size = self._starts.pop()
        self.is_remote = any(part.remote is not None for part in parts)

    def read(self, offset: int, size: int) -> bytes:
        """``size`` bytes at ``offset``, fewer at the end and before a missing part.

        Raises BadData where the first byte is missing, OSError from the disk.
        """
        index = bisect.bisect_right(self._starts, offset) - 1
        part = self._parts[index]
        within = offset - self._starts[index]
        if within + size <= part.size and size <= _ONE_PREAD and part.descriptor is not None:
            return os.pread(part.descriptor, size, within)
        return b"".join(self._pieces(index, within, min(size, self.size - offset)))

    def _pieces(self, index: int, within: int, size: int) -> Iterator[bytes]:
        for number, part in enumerate(self._parts[index:]):
            if size <= 0 or (number and part.is_missing):
                return
            piece = _read(part, within, min(size, part.size - within))
            yield piece
            size -= len(piece)
            within = 0

    def expect(self, offset: int, size: int) -> None:
        """Tell the disk that these bytes are read soon. A hint: of bytes across an edge it tells the first part."""
        index = bisect.bisect_right(self._starts, offset) - 1
        descriptor = self._parts[index].descriptor
        if descriptor is not None:
            os.posix_fadvise(descriptor, offset - self._starts[index], size, os.POSIX_FADV_WILLNEED)

    def request(self, stretches: Sequence[tuple[int, int]]) -> None:
        """Ask object storage for these stretches (offset, size), as far as they lie there."""
        for part, start in zip(self._parts, self._starts, strict=True):
            if part.remote is not None:
                cut = ((max(offset - start, 0), min(offset + size - start, part.size)) for offset, size in stretches)
                part.remote.expect((begin, end - begin) for begin, end in cut if begin < end)

    def is_at_hand(self, offset: int) -> bool:
        """Whether the byte at ``offset`` is in memory already, as far as the file system tells."""
        index = bisect.bisect_right(self._starts, offset) - 1
        descriptor = self._parts[index].descriptor
        try:
            return (
                descriptor is None
                or os.preadv(descriptor, [bytearray(1)], offset - self._starts[index], os.RWF_NOWAIT) >= 0
            )
        except OSError:
            return False

    def next_part(self, offset: int) -> int:
        """Where the part behind the one at ``offset`` begins."""
        index = bisect.bisect_right(self._starts, offset)
        return self._starts[index] if index < len(self._starts) else self.size

    def window(self) -> "ByteRange":
        """All of it."""
        return ByteRange(self, 0, self.size)


def _read(part: VolumePart, offset: int, size: int) -> bytes:
    if size <= 0:
        return b""
    if part.remote is not None:
        return part.remote.read(offset, size)
    if part.descriptor is None:
        raise BadData("volume missing", part.name)
    data = os.pread(part.descriptor, size, offset)
    while 0 < len(data) < size:
        more = os.pread(part.descriptor, size - len(data), offset + len(data))
        if not more:
            break
        data += more
    return data


@dataclass(frozen=True, slots=True)
class ByteRange:
    """``size`` bytes at ``start`` of some volumes. Positions count from the window's start; nothing is copied."""

    volumes: Volumes
    start: int
    size: int

    def read(self, offset: int, size: int) -> bytes:
        """``size`` bytes at ``offset``, fewer at the window's end or before a missing volume.

        Raises BadData where the first of them is missing, ValueError before the window's start.
        """
        if offset < 0:
            raise ValueError(f"position {offset} lies before the window")
        if offset + size > self.size:
            size = self.size - offset
        return self.volumes.read(self.start + offset, size) if size > 0 else b""

    def window(self, offset: int, size: int) -> "ByteRange":
        """The part of this window at ``offset``; it ends where this one ends."""
        return ByteRange(self.volumes, self.start + offset, max(0, min(size, self.size - offset)))

    def expect(self, stretches: Sequence[tuple[int, int]]) -> None:
        """Have these stretches (offset, size) fetched side by side, by the disk or from object storage."""
        inside = [(self.start + offset, size) for offset, size in stretches if 0 <= offset < self.size]
        if self.volumes.is_remote:
            self.volumes.request(inside)
            return
        for offset, size in inside:
            self.volumes.expect(offset, size)

    def is_at_hand(self, offset: int) -> bool:
        """Whether nothing is won by announcing the byte at ``offset``: it is in memory, or beyond the window."""
        if self.volumes.is_remote:
            return False
        return not (_CAN_TELL_THE_DISK and 0 <= offset < self.size) or self.volumes.is_at_hand(self.start + offset)

    def next_part(self, offset: int) -> int:
        """Where the volume behind the one at ``offset`` begins."""
        return self.volumes.next_part(self.start + offset) - self.start

    def blocks(self, size: int = BLOCK) -> Iterator[bytes]:
        """All bytes from the start, in blocks."""
        for offset in range(0, self.size, size):
            yield self.read(offset, size)
