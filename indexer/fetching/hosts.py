"""Limits per host: connections, requests per second, pauses that it requests, and when it is given up."""

import asyncio
from collections import deque

from yarl import URL

from indexer.base.errors import BadData
from indexer.fetching.models import FetchLimits, Item

GIVEN_UP = "host given up"  # as in sql/fetch/schema.sql: the next run requests such items again

_INTERVAL_DECAY = 0.98  # factor per response of an interval that the host had made longer


class Host:
    """One host and port, and the items that wait for it. Each request is made inside its context.

    ``has_deferred``: items after ``last``, which was added last, may still be in the log.
    """

    def __init__(self, limits: FetchLimits, origin: str) -> None:
        self.origin = origin
        self.name = URL(origin).host or ""
        self.waiting: deque[tuple[Item, URL]] = deque()
        self.last = ("", -1)
        self.has_deferred = False
        self._defers = False
        self.workers = 0
        self.limits = limits
        self._slots = asyncio.Semaphore(limits.per_host)
        self._least = self._interval = 1 / limits.rate if limits.rate else 0.0
        self._next_start = 0.0
        self._unanswered = 0
        self._given_up = ""

    def add(self, item: Item, url: URL) -> None:
        """Add an item that waits."""
        self.waiting.append((item, url))
        self.last = (item.part, item.key)

    def defers(self, most: int) -> bool:
        """Return whether further items stay in the log; so it is from the time when ``most`` items wait."""
        if len(self.waiting) >= most and self.name.isascii():  # other names have several spellings in URLs
            self._defers = self.has_deferred = True
        return self._defers

    async def __aenter__(self) -> None:
        """Wait until the next request is due, and take one of the host's connections.

        Raises:
            BadData: the host was given up.
        """
        await self._slots.acquire()
        try:
            await self._take_turn()
        except BaseException:
            self._slots.release()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._slots.release()

    async def _take_turn(self) -> None:
        """Sleep until the next start is due; each start moves the next one by the host's interval."""
        clock = asyncio.get_running_loop().time
        while (now := clock()) < self._next_start and not self._given_up:
            await asyncio.sleep(self._next_start - now)
        if self._given_up:
            raise BadData(GIVEN_UP, self._given_up)
        self._next_start = now + self._interval

    def pause(self, seconds: float) -> None:
        """Send no request for ``seconds``, and fewer per second after that."""
        now = asyncio.get_running_loop().time()
        if now + seconds > self._next_start + self._interval:  # several concurrent 429s count once
            self._interval = min(self._interval * 2, self.limits.longest_pause)
        self._next_start = max(self._next_start, now + seconds)

    def keep_interval(self, seconds: float) -> None:
        """Leave at least ``seconds`` between two starts, as the ``Crawl-delay`` of a robots.txt requires."""
        self._least = max(self._least, min(seconds, self.limits.longest_pause))
        self._interval = max(self._interval, self._least)

    def answered(self) -> None:
        """Record a response of any status."""
        self._unanswered = 0
        self._interval = max(self._least, self._interval * _INTERVAL_DECAY)

    def failed(self, reason: str) -> None:
        """Record a request without a response: no connection, or a timeout."""
        self._unanswered += 1
        if self._unanswered >= self.limits.host_failures:
            self.give_up(f"{self._unanswered} requests in a row had no response: {reason}")

    def give_up(self, reason: str) -> None:
        """Send no more requests in this run."""
        self._given_up = self._given_up or reason


class Hosts:
    """All hosts of a run, by scheme, name and port."""

    def __init__(self, limits: FetchLimits) -> None:
        self._limits = limits
        self._known: dict[str, Host] = {}

    def __getitem__(self, origin: str) -> Host:
        """Return the host of ``origin`` (``http://example.org:80``); a new origin gets a new host."""
        host = self._known.get(origin)
        if host is None:
            host = self._known[origin] = Host(self._limits, origin)
        return host
