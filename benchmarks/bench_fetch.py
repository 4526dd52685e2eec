"""Throughput of ``fetch`` against the bare HTTP client, 10,000 URLs on loopback: ``make bench-fetch``.

A server in its own process sends the same 50 kB in each response. The contestants:

* *forgetting*: the bare client; bodies are discarded.
* *appending*: the bare client; bodies are appended to one file that is synced every 256. This is the least work that
  makes bodies durable, as ``fetch`` does, and therefore the baseline.
* *saving*: the bare client; one file per body, not synced.
* ``fetch``: from list to summary, with hashes, type detection, headers, sidecars, robots.txt, limits and the log.

Contestants alternate, and the best round of each counts, by wall clock and by CPU time (of the client, all threads).
Arguments: a folder to write to (``/dev/shm`` excludes the disk), and the number of rounds.
"""

import asyncio
import csv
import io
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import aiohttp
from PIL import Image

from indexer.fetching.lists import ListPart
from indexer.fetching.models import FetchLimits, FetchPolicy
from indexer.fetching.run import FetchLayout, FetchRequest, fetch


def _jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((240, 160), 60).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


URLS = 10_000
CONNECTIONS = 32
SYNC = 256  # images per commit of ``fetch`` at most
BODY = _jpeg().ljust(50_000, b"\0")
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
NO_ROBOTS = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"

Keep = Callable[[int, bytes], None]


class _Protocol(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(NO_ROBOTS if b"/robots.txt" in data else RESPONSE)  # type: ignore[attr-defined]


async def _serve(ready: Connection) -> None:
    server = await asyncio.get_running_loop().create_server(_Protocol, "127.0.0.1", 0)
    ready.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _serving(ready: Connection) -> None:
    asyncio.run(_serve(ready))


async def _bare(addresses: list[str], keep: Keep) -> None:
    """Request all addresses with as many workers as connections."""
    left = enumerate(addresses)

    async def work(session: aiohttp.ClientSession) -> None:
        for number, address in left:
            async with session.get(address) as response:
                keep(number, await response.read())

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:
        await asyncio.gather(*(work(session) for _ in range(CONNECTIONS)))


def _forget(addresses: list[str], _: Path) -> None:
    asyncio.run(_bare(addresses, lambda *_: None))


def _append(addresses: list[str], folder: Path) -> None:
    with folder.open("wb", buffering=0) as file:

        def keep(number: int, body: bytes) -> None:
            file.write(body)
            if number % SYNC == SYNC - 1:
                os.fsync(file.fileno())

        asyncio.run(_bare(addresses, keep))
        os.fsync(file.fileno())


def _save(addresses: list[str], folder: Path) -> None:
    folder.mkdir()

    def keep(number: int, body: bytes) -> None:
        (folder / f"{number:08d}.jpg").write_bytes(body)

    asyncio.run(_bare(addresses, keep))


def _fetch_as(layout: FetchLayout) -> Callable[[list[str], Path], None]:
    def run(addresses: list[str], folder: Path) -> None:
        folder.mkdir()
        path = folder.with_suffix(".csv")
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([["url"], *([address] for address in addresses)])
        limits = FetchLimits(connections=CONNECTIONS, per_host=CONNECTIONS, rate=0)
        request = FetchRequest(
            path, folder, (ListPart("url"),), layout, limits=limits, policy=FetchPolicy(allow_private=True)
        )
        assert fetch(request).count("success") == len(addresses)

    return run


CONTESTANTS: dict[str, Callable[[list[str], Path], None]] = {
    "forgetting": _forget,
    "appending": _append,
    "saving": _save,
    "fetch": _fetch_as(FetchLayout.WEBDATASET),
}


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of wall clock and of CPU time."""

    clock: float
    cpu: float

    def best(self, other: "Cost") -> "Cost":
        """Return the lower values of both costs."""
        return Cost(min(self.clock, other.clock), min(self.cpu, other.cpu))

    def over(self, other: "Cost") -> str:
        """Return this cost as multiples of another one."""
        return f"{self.clock / other.clock:5.2f} {self.cpu / other.cpu:5.2f}"


def _measure(addresses: list[str], scratch: str | None, rounds: int) -> dict[str, Cost]:
    """Measure the best round of each contestant; they alternate, so that other load affects all of them."""
    best: dict[str, Cost] = {}
    for _ in range(rounds):
        for name, contestant in CONTESTANTS.items():
            cost = _cost(contestant, addresses, scratch)
            best[name] = cost.best(best.get(name, cost))
    return best


def _cost(contestant: Callable[[list[str], Path], None], addresses: list[str], scratch: str | None) -> Cost:
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        start, used = time.perf_counter(), time.process_time()
        contestant(addresses, Path(folder) / "out")
        return Cost(time.perf_counter() - start, time.process_time() - used)


def main(scratch: str | None = None, rounds: str = "3") -> None:
    """Print seconds, images per second, and ratios to the bare client."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_serving, args=[theirs], daemon=True)
    server.start()
    port = ours.recv()
    best = _measure([f"http://127.0.0.1:{port}/{number}.jpg" for number in range(URLS)], scratch, int(rounds))
    print(f"{'':12}{'clock':>9}{'CPU':>11}{'':10} wall clock and CPU, as multiples of forgetting and of appending")
    for name, cost in best.items():
        ratios = f"{cost.over(best['forgetting'])}   {cost.over(best['appending'])}"
        print(f"{name:12}{cost.clock:7.2f} s{cost.cpu:9.2f} s{URLS / cost.clock:9,.0f}/s   {ratios}")
    server.terminate()


if __name__ == "__main__":
    main(*sys.argv[1:])
