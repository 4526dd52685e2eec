"""One member while its archive is walked: its row, and ways to its bytes as long as the walk stands there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from indexer.containers.bytes.volumes import BLOCK, ByteRange
from indexer.containers.members.rows import Row


class Bytes(Protocol):
    """A window, or a stream that is read at growing positions. ``size`` is None where only reading tells."""

    @property
    def size(self) -> int | None:
        """Bytes in all."""

    def read(self, offset: int, size: int) -> bytes:
        """``size`` bytes at ``offset``, fewer at the end."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A member. ``blocks`` gives its bytes unpacked and checked, once, before the walk goes on; raises BadData.

    ``content`` are the same bytes where they can be read by position: in the archive's own window, or (a stream) at
    growing positions. ``head`` are the first bytes where they are at hand.
    """

    row: Row
    blocks: Callable[[], Iterator[bytes]]
    content: Bytes | None = None
    head: bytes | None = None


@dataclass(frozen=True, slots=True)
class StreamRange:
    """``size`` bytes at ``start`` of a stream."""

    stream: Bytes
    start: int
    size: int

    def read(self, offset: int, size: int) -> bytes:
        """As the stream's, counted from the stretch."""
        size = min(size, self.size - offset)
        return self.stream.read(self.start + offset, size) if size > 0 else b""


def part_of(content: Bytes, offset: int, size: int) -> ByteRange | StreamRange:
    """``size`` bytes at ``offset`` of a window or a stream."""
    return content.window(offset, size) if isinstance(content, ByteRange) else StreamRange(content, offset, size)


def blocks_of(content: Bytes, size: int) -> Iterator[bytes]:
    """The first ``size`` bytes, block by block."""
    for offset in range(0, size, BLOCK):
        yield content.read(offset, min(BLOCK, size - offset))
