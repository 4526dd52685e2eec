"""Read an object's bytes by offset, in few requests and with few unneeded bytes.

A request takes as long as the transfer of some megabytes. So announced ranges are fetched in parallel, close ones as
one request; sequential reads fetch blocks that grow, and a jump starts with a small block again.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

from indexer.base.byte_file import ByteFile
from indexer.base.remote import storage
from indexer.base.remote.url import Url

SMALLEST = 64 << 10  # bytes per block
LARGEST = 8 << 20
_GAP = 64 << 10  # announced ranges with a smaller gap are one request
_PARALLEL = 16  # requests
_MOST_ANNOUNCED = 64 << 20  # bytes per announcement; two are kept


@dataclass(frozen=True, slots=True)
class _Fetch:
    """A range that is being fetched."""

    start: int
    stop: int
    data: Future[bytes]


class Object:
    """The ``size`` bytes of the object at ``url``, for one reader. Reading raises the errors of ``storage.fetch``."""

    def __init__(self, url: Url, size: int) -> None:
        self.size = size
        self._address = url.address
        self._block, self._start, self._step = b"", 0, SMALLEST
        self._announced: tuple[list[_Fetch], ...] = ()

    def read(self, offset: int, size: int) -> bytes:
        """Return ``size`` bytes at ``offset``, fewer at the end."""
        stop = min(offset + size, self.size)
        if stop <= offset:
            return b""
        for coming in (one for announced in self._announced for one in announced):
            if coming.start <= offset and stop <= coming.stop:
                return coming.data.result()[offset - coming.start : stop - coming.start]
        return self._sequential(offset, stop)

    def expect(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Start to fetch these ranges (offset, size). They are kept until two more announcements."""
        joined = _joined(sorted((start, min(start + size, self.size)) for start, size in ranges))
        coming = [_Fetch(*one, _requests().submit(storage.fetch, self._address, *one)) for one in _affordable(joined)]
        self._drop(self._announced[:-1])
        self._announced = (*self._announced[-1:], coming)

    def close(self) -> None:
        """Cancel the requests, and free the bytes."""
        self._drop(self._announced)
        self._announced, self._block = (), b""

    @staticmethod
    def _drop(announcements: Sequence[list[_Fetch]]) -> None:
        for coming in (one for announced in announcements for one in announced):
            coming.data.cancel()

    def _sequential(self, offset: int, stop: int) -> bytes:
        end = self._start + len(self._block)
        if not self._start <= offset <= stop <= end:
            is_sequential = bool(self._block) and self._start <= offset <= end + self._step
            self._step = min(2 * self._step, LARGEST) if is_sequential else SMALLEST
            self._block = storage.fetch(self._address, offset, min(max(stop, offset + self._step), self.size))
            self._start = offset
        return self._block[offset - self._start : stop - self._start]


def _joined(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return sorted ranges; ranges with a small gap become one."""
    joined: list[tuple[int, int]] = []
    for start, stop in ranges:
        if joined and start <= joined[-1][1] + _GAP and stop - joined[-1][0] <= LARGEST:
            joined[-1] = joined[-1][0], max(stop, joined[-1][1])
        elif start < stop:
            joined.append((start, stop))
    return joined


def _affordable(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the first ranges, as many as fit into memory; the others are read when they are needed."""
    affordable, size = [], 0
    for start, stop in ranges:
        size += stop - start
        if size > _MOST_ANNOUNCED:
            break
        affordable.append((start, stop))
    return affordable


@cache
def _requests() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_PARALLEL, "requests")


def object_file(url: Url) -> ByteFile:
    """Open an object as a file object."""
    return ByteFile(Object(url, url.stat().st_size))
