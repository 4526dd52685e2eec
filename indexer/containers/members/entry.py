"""One member during a walk: its row, and its bytes until the walk goes on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from indexer.containers.bytes.volumes import BLOCK, ByteRange
from indexer.containers.members.rows import Row


class Bytes(Protocol):
    """A byte range, or a stream that is read at increasing positions. ``size`` is None if only reading shows it."""

    @property
    def size(self) -> int | None:
        """Return the number of bytes."""

    def read(self, offset: int, size: int) -> bytes:
        """Return ``size`` bytes at ``offset``, fewer at the end."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A member. ``blocks`` yields its bytes unpacked and checked, once, before the walk goes on; it raises BadData.

    ``content`` has the same bytes if they can be read by position: in the archive's own byte range, or (a stream) at
    increasing positions. ``head`` are the first bytes if they were read already. ``target`` is the ordinal of an
    earlier member whose bytes this one has, if they cannot be read again. ``note`` is added to the problem's finding.
    """

    row: Row
    blocks: Callable[[], Iterator[bytes]]
    content: Bytes | None = None
    head: bytes | None = None
    target: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class StreamRange:
    """``size`` bytes at ``start`` of a stream."""

    stream: Bytes
    start: int
    size: int

    def read(self, offset: int, size: int) -> bytes:
        """Return ``size`` bytes at ``offset``, counted from ``start``."""
        size = min(size, self.size - offset)
        return self.stream.read(self.start + offset, size) if size > 0 else b""


def random_access(content: Bytes, name: str) -> ByteRange:
    """Return the content of the archive ``name``, which must be a byte range. Raises TypeError if it is a stream."""
    if not isinstance(content, ByteRange):
        raise TypeError(f"{name} needs random access")
    return content


def part_of(content: Bytes, offset: int, size: int) -> ByteRange | StreamRange:
    """Return the ``size`` bytes at ``offset`` of a byte range or a stream."""
    return content.window(offset, size) if isinstance(content, ByteRange) else StreamRange(content, offset, size)


def blocks_of(content: Bytes, size: int) -> Iterator[bytes]:
    """Yield the first ``size`` bytes in blocks."""
    for offset in range(0, size, BLOCK):
        yield content.read(offset, min(BLOCK, size - offset))
