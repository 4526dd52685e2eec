"""What one host is asked at most: connections, requests a second, pauses it asked for, and when it is given up."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator

from indexer.errors import BadData
from indexer.fetching.shapes import Item, Limits


class Host:
    """One host and port, and the items that wait for it."""

    def __init__(self, limits: Limits) -> None:
        self.waiting: deque[Item] = deque()
        self.workers = 0
        self.limits = limits
        self._slots = asyncio.Semaphore(limits.per_host)
        self._interval = 1 / limits.rate if limits.rate else 0.0
        self._next_start = 0.0
        self._failures = 0
        self._last_failure = ""

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until this host may be asked again, and hold one of its connections.

        Raises:
            BadData: the host was given up.
        """
        async with self._slots:
            await self._pace()
            if self._failures >= self.limits.host_failures:
                raise BadData("host given up", f"{self._failures} connections in a row failed: {self._last_failure}")
            yield

    async def _pace(self) -> None:
        """Sleep until the next start is due; each start moves the next one by the host's interval."""
        clock = asyncio.get_running_loop().time
        while (now := clock()) < self._next_start:
            await asyncio.sleep(self._next_start - now)
        self._next_start = now + self._interval

    def pause(self, seconds: float) -> None:
        """Ask nothing for ``seconds``, and less often after that: the host said that this is too much."""
        self._next_start = max(self._next_start, asyncio.get_running_loop().time() + seconds)
        self._interval = min(self._interval * 2, self.limits.longest_pause)

    def keep_interval(self, seconds: float) -> None:
        """Leave at least ``seconds`` between two starts, as robots.txt may ask for."""
        self._interval = max(self._interval, min(seconds, self.limits.longest_pause))

    def answered(self) -> None:
        """It answered, whatever it said."""
        self._failures = 0

    def failed(self, why: str) -> None:
        """No connection came about."""
        self._failures += 1
        self._last_failure = why


class Hosts:
    """All hosts of a run, by scheme, name and port."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._known: dict[str, Host] = {}

    def __getitem__(self, origin: str) -> Host:
        """The host of ``origin`` (``http://example.org:80``), made where it is new."""
        host = self._known.get(origin)
        if host is None:
            host = self._known[origin] = Host(self._limits)
        return host
