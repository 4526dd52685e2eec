"""An object's bytes by position, in few requests and with little that nobody asked for.

A request takes as long as some megabytes do. So ranges that are announced come side by side, close ones together; and
reading in order takes more at a time, the longer it goes on, while jumping about takes little.
"""

import io
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

from indexer.base.remote import storage
from indexer.base.remote.url import Url

SMALLEST = 64 << 10  # bytes of a block
LARGEST = 8 << 20
_GAP = 64 << 10  # announced ranges so close are one request
_SIDE_BY_SIDE = 16  # requests
_MOST_ANNOUNCED = 64 << 20  # bytes; of two announcements at a time


@dataclass(frozen=True, slots=True)
class _Coming:
    """Bytes that were asked for."""

    start: int
    stop: int
    data: Future[bytes]


class Object:
    """The ``size`` bytes of the object at ``url``, for one reader. Reading raises what ``storage.fetch`` does."""

    def __init__(self, url: Url, size: int) -> None:
        self.size = size
        self._address = url.address
        self._block, self._start, self._step = b"", 0, SMALLEST
        self._coming: tuple[list[_Coming], ...] = ()

    def read(self, offset: int, size: int) -> bytes:
        """``size`` bytes at ``offset``, fewer at the end."""
        stop = min(offset + size, self.size)
        if stop <= offset:
            return b""
        for coming in (one for announced in self._coming for one in announced):
            if coming.start <= offset and stop <= coming.stop:
                return coming.data.result()[offset - coming.start : stop - coming.start]
        return self._in_order(offset, stop)

    def expect(self, stretches: Iterable[tuple[int, int]]) -> None:
        """Ask for these stretches (offset, size) now. They are kept until two further announcements were made."""
        ranges = _joined(sorted((start, min(start + size, self.size)) for start, size in stretches))
        coming = [_Coming(*one, _requests().submit(storage.fetch, self._address, *one)) for one in _affordable(ranges)]
        self._drop(self._coming[:-1])
        self._coming = (*self._coming[-1:], coming)

    def close(self) -> None:
        """Forget what is on its way."""
        self._drop(self._coming)
        self._coming, self._block = (), b""

    @staticmethod
    def _drop(announcements: Sequence[list[_Coming]]) -> None:
        for coming in (one for announced in announcements for one in announced):
            coming.data.cancel()

    def _in_order(self, offset: int, stop: int) -> bytes:
        end = self._start + len(self._block)
        if not self._start <= offset <= stop <= end:
            goes_on = bool(self._block) and self._start <= offset <= end + self._step
            self._step = min(2 * self._step, LARGEST) if goes_on else SMALLEST
            self._block = storage.fetch(self._address, offset, min(max(stop, offset + self._step), self.size))
            self._start = offset
        return self._block[offset - self._start : stop - self._start]


def _joined(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sorted ranges, those that touch or nearly do as one."""
    joined: list[tuple[int, int]] = []
    for start, stop in ranges:
        if joined and start <= joined[-1][1] + _GAP and stop - joined[-1][0] <= LARGEST:
            joined[-1] = joined[-1][0], max(stop, joined[-1][1])
        elif start < stop:
            joined.append((start, stop))
    return joined


def _affordable(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The first of them that may be in memory together; others are read when their turn comes."""
    affordable, size = [], 0
    for start, stop in ranges:
        size += stop - start
        if size > _MOST_ANNOUNCED:
            break
        affordable.append((start, stop))
    return affordable


@cache
def _requests() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_SIDE_BY_SIDE, "requests")


class RawObject(io.RawIOBase):
    """An object as a file that Arrow can read."""

    def __init__(self, url: Url) -> None:
        super().__init__()
        self._object = Object(url, url.stat().st_size)
        self._position = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next byte comes from."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to ``offset`` from the start, from here, or from the end."""
        self._position = offset + (0, self._position, self._object.size)[whence]
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        """``size`` bytes, all that are left by default."""
        wanted = self._object.size if size is None or size < 0 else size
        data = self._object.read(self._position, wanted)
        self._position += len(data)
        return data
