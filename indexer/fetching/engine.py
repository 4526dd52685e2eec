"""Many items at once: a feeder, workers for each host, one writer."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from indexer.base.errors import BadData, ProjectError
from indexer.base.progress import Bar
from indexer.fetching import samples
from indexer.fetching.client import Client, origin_of, parse_url
from indexer.fetching.hosts import Host
from indexer.fetching.log import Log
from indexer.fetching.models import FetchLimits, FetchOutcome, Manners
from indexer.fetching.shards import Shards

_WINDOW = 20_000  # items that wait for their hosts at a time: so that a host that is slow holds up nobody else
_WAITING = 512  # outcomes that wait to be stored; the network waits when the disk does
_MOMENT = 0.5  # seconds between commits at most: what a kill may cost


class Engine:
    """One run over what a log has pending.

    Workers take items of one host only. Names are resolved in threads, as many as connections; the disk has one more.
    """

    def __init__(self, log: Log, shards: Shards, bar: Bar) -> None:
        self._log, self._shards, self._bar = log, shards, bar
        self._arrived: list[FetchOutcome] = []
        self._due = asyncio.Event()  # a batch is full, or nothing more will arrive
        self._ended = False
        self._window = asyncio.Semaphore(_WINDOW)
        self._room = asyncio.Semaphore(_WAITING)

    async def run(self, client: Client, *, failed_too: bool) -> None:
        """Fetch all pending items; if cancelled, store what has arrived and stop.

        Raises:
            OSError, sqlite3.OperationalError: the folder cannot be written any more.
        """
        _use_threads(client.limits)
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
                    await self._window.acquire()
                    try:
                        url = parse_url(item.url)
                    except BadData as error:
                        await self._done(FetchOutcome(item, 0, error=error.reason, detail=error.detail))
                        continue
                    host = client.hosts[origin_of(url)]
                    host.waiting.append((item, url))
                    if host.workers < client.limits.per_host:
                        host.workers += 1
                        workers.create_task(self._work(client, host))
        except BaseExceptionGroup as group:
            raise _told(group) from group

    async def _work(self, client: Client, host: Host) -> None:
        while host.waiting:
            await self._done(await client.get(*host.waiting.popleft()))
        host.workers -= 1

    async def _done(self, outcome: FetchOutcome) -> None:
        await self._room.acquire()
        self._arrived.append(outcome)
        if len(self._arrived) >= self._shards.batch:
            self._due.set()
        self._window.release()

    async def _write(self) -> None:
        """Store outcomes in batches as they come, until no more will."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1) as disk:
            while batch := await self._batch():
                size = await loop.run_in_executor(disk, self._store, batch)
                for _ in batch:
                    self._room.release()
                self._bar.advance(len(batch), size=size, errors=sum(outcome.body is None for outcome in batch))

    async def _batch(self) -> list[FetchOutcome]:
        """What arrives until a batch is full or a moment has passed; empty at the end."""
        while not (self._ended or self._due.is_set()):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._due.wait(), _MOMENT)
            if self._arrived:
                break
        batch, self._arrived = self._arrived[: self._shards.batch], self._arrived[self._shards.batch :]
        if len(self._arrived) < self._shards.batch:
            self._due.clear()
        return batch

    def _store(self, batch: Sequence[FetchOutcome]) -> int:
        """Bytes to the shards, then outcomes to the log, in one commit; returns the bytes."""
        try:
            with self._log.transaction():
                stored = [samples.of(outcome, outcome.body) for outcome in batch if outcome.body]
                self._shards.store(stored)
                self._log.record_stored(stored)
                self._log.record_failed([outcome for outcome in batch if not outcome.body])
        finally:
            for outcome in batch:
                if outcome.body:
                    outcome.body.close()
        return sum(sample.body.size for sample in stored)


def _use_threads(limits: FetchLimits) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(limits.connections))


def _told(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The user's mistake inside a group of errors, or the group."""
    return next((each for each in group.exceptions if isinstance(each, ProjectError)), group)


def run_pending(engine: Engine, scratch: Path, limits: FetchLimits, manners: Manners, *, failed_too: bool) -> None:
    """Run an engine to its end.

    Raises:
        KeyboardInterrupt: SIGINT or SIGTERM came; what had arrived is stored.
    """

    async def main() -> None:
        with _cancelled_by_signals():
            await engine.run(Client(limits, manners, scratch), failed_too=failed_too)

    try:
        asyncio.run(main())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


@contextlib.contextmanager
def _cancelled_by_signals() -> Iterator[None]:
    """Cancel the current task on SIGINT and SIGTERM; outside a main thread signals are not ours to handle."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    with contextlib.suppress(ValueError, RuntimeError):
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel if task else loop.stop)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
