"""Many requests at once: one feeder, workers for each host, one writer."""

import asyncio
import contextlib
import signal
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from yarl import URL

from indexer.base.errors import BadData, ProjectError
from indexer.base.progress import Bar
from indexer.fetching.client import Client, origin_of, parse_url
from indexer.fetching.hosts import Host
from indexer.fetching.log import Log
from indexer.fetching.models import FetchLimits, FetchOutcome, FetchPolicy, Item
from indexer.fetching.samples import make_sample
from indexer.fetching.shards import Shards

_QUEUED_ITEMS = 20_000  # items that wait for their hosts
_WAITING_PER_HOST = 1_000  # further ones stay in the log, so that a slow host does not delay the others
_UNSTORED_OUTCOMES = 512  # outcomes that wait to be stored; downloads pause when the disk is slower
_COMMIT_INTERVAL = 0.5  # seconds between commits at most: the work that a kill may lose


class Engine:
    """One run over the pending items of a log.

    Each worker takes items of one host. Names are resolved in as many threads as connections; one thread writes.
    """

    def __init__(self, log: Log, shards: Shards, bar: Bar) -> None:
        self._log, self._shards, self._bar = log, shards, bar
        self._arrived: list[FetchOutcome] = []
        self._due = asyncio.Event()  # a batch is full, or no more outcomes will arrive
        self._ended = False
        self._queued = asyncio.Semaphore(_QUEUED_ITEMS)
        self._unstored = asyncio.Semaphore(_UNSTORED_OUTCOMES)

    async def run(self, client: Client, *, failed_too: bool) -> None:
        """Fetch all pending items; if cancelled, store the outcomes that have arrived and stop.

        Raises:
            OSError, sqlite3.OperationalError: the folder cannot be written any more.
        """
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(client.limits.connections))
        writer = asyncio.create_task(self._write())
        fetcher = asyncio.create_task(self._fetch(client, failed_too=failed_too))
        try:
            await asyncio.wait({writer, fetcher}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            fetcher.cancel()
            await asyncio.wait({fetcher})
            self._ended = True
            self._due.set()
            await writer
        await fetcher

    async def _fetch(self, client: Client, *, failed_too: bool) -> None:
        try:
            async with client, asyncio.TaskGroup() as workers:
                for item in self._log.pending(failed_too=failed_too):
                    try:
                        url = parse_url(item.url)
                    except BadData as error:
                        await self._queued.acquire()
                        await self._done(FetchOutcome(item, 0, error=error.reason, detail=error.detail))
                        continue
                    host = client.hosts[origin_of(url)]
                    if host.defers(_WAITING_PER_HOST):
                        continue
                    await self._queued.acquire()
                    host.add(item, url)
                    if host.workers < client.limits.per_host:
                        host.workers += 1
                        workers.create_task(self._work(client, host, failed_too=failed_too))
        except BaseExceptionGroup as group:
            user_errors = (each for each in group.exceptions if isinstance(each, ProjectError))
            raise next(user_errors, group) from group

    async def _work(self, client: Client, host: Host, *, failed_too: bool) -> None:
        while host.waiting or await self._refill(host, failed_too=failed_too):
            if host.waiting:  # not if other workers were faster
                await self._done(await client.get(*host.waiting.popleft()))
        host.workers -= 1

    async def _refill(self, host: Host, *, failed_too: bool) -> bool:
        """Add deferred items of a host; return whether there were any."""
        if not host.has_deferred:
            return False
        pending = self._log.pending(failed_too=failed_too, after=host.last, host=host.name)
        found = list(islice(_of_origin(pending, host.origin), _WAITING_PER_HOST))
        host.has_deferred = len(found) == _WAITING_PER_HOST
        for item, url in found:
            host.add(item, url)
        for _ in found:
            await self._queued.acquire()
        return bool(found)

    async def _done(self, outcome: FetchOutcome) -> None:
        await self._unstored.acquire()
        self._arrived.append(outcome)
        if len(self._arrived) >= self._shards.batch:
            self._due.set()
        self._queued.release()

    async def _write(self) -> None:
        """Store outcomes in batches as they arrive, until the run has ended."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1) as disk:
            while batch := await self._next_batch():
                size = await loop.run_in_executor(disk, self._store, batch)
                for _ in batch:
                    self._unstored.release()
                self._bar.advance(len(batch), size=size, errors=sum(outcome.body is None for outcome in batch))

    async def _next_batch(self) -> list[FetchOutcome]:
        """Wait until a batch is full or the commit interval has passed; empty at the end."""
        while not (self._ended or self._due.is_set()):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._due.wait(), _COMMIT_INTERVAL)
            if self._arrived:
                break
        batch, self._arrived = self._arrived[: self._shards.batch], self._arrived[self._shards.batch :]
        if len(self._arrived) < self._shards.batch:
            self._due.clear()
        return batch

    def _store(self, batch: Sequence[FetchOutcome]) -> int:
        """Write bytes to the shards, then outcomes to the log, in one commit; return the number of bytes."""
        try:
            with self._log.transaction():
                stored = [make_sample(outcome, outcome.body) for outcome in batch if outcome.body]
                self._shards.store(stored)
                self._log.record_stored(stored)
                self._log.record_failed([outcome for outcome in batch if not outcome.body])
        finally:
            for outcome in batch:
                if outcome.body:
                    outcome.body.close()
        return sum(sample.body.size for sample in stored)


def _of_origin(items: Iterable[Item], origin: str) -> Iterator[tuple[Item, URL]]:
    for item in items:
        with contextlib.suppress(BadData):  # an invalid URL has its outcome already
            url = parse_url(item.url)
            if origin_of(url) == origin:
                yield item, url


def run_pending(engine: Engine, scratch: Path, limits: FetchLimits, policy: FetchPolicy, *, failed_too: bool) -> None:
    """Run an engine to its end.

    Raises:
        KeyboardInterrupt: SIGINT or SIGTERM was received; the outcomes that had arrived are stored.
    """

    async def main() -> None:
        with _cancelled_by_signals():
            await engine.run(Client(limits, policy, scratch), failed_too=failed_too)

    try:
        asyncio.run(main())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


@contextlib.contextmanager
def _cancelled_by_signals() -> Iterator[None]:
    """Cancel the current task on SIGINT and SIGTERM; outside the main thread no handler can be installed."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    with contextlib.suppress(ValueError, RuntimeError):
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel if task else loop.stop)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
