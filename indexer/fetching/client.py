"""An item -> its bytes as they were served, or the reason why there are none."""

import asyncio
import contextlib
import email.utils
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import aiohttp
from yarl import URL

from indexer import __version__
from indexer.base.errors import BadData
from indexer.fetching import addresses, robots, sniffing
from indexer.fetching.bodies import Body
from indexer.fetching.failures import as_bad_data
from indexer.fetching.hosts import GIVEN_UP, Host, Hosts
from indexer.fetching.models import FetchLimits, FetchOutcome, Item, Manners, Passing

AGENT = "image-manifest"  # the token that a robots.txt may name

_REDIRECTS = {301, 302, 303, 307, 308}
_PASSING = {408, 425, 429, 500, 502, 503, 504}


@dataclass(slots=True)
class _Answer:
    """An answer under way: its last HTTP status, kept for the log whatever comes of it."""

    http_status: int | None = None


class Client:
    """Gets items; one for a run, all hosts together. ``scratch`` is where large bodies wait for their shard."""

    def __init__(self, limits: FetchLimits, manners: Manners, scratch: Path) -> None:
        self.limits, self.manners, self.scratch = limits, manners, scratch
        self.hosts = Hosts(limits)
        self._robots = robots.Robots(AGENT, self._load_robots)
        self._connections = asyncio.Semaphore(limits.connections)
        self._patience = self._timeout(limits.total_timeout)

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=self._connector(),
            cookie_jar=aiohttp.DummyCookieJar(),
            # 'identity': bodies come as they lie on the server; what comes packed nevertheless is unpacked
            headers={
                "User-Agent": user_agent(self.manners),
                "Accept": "image/*,*/*;q=0.5",
                "Accept-Encoding": "identity",
            },
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    def _connector(self) -> aiohttp.TCPConnector:
        guard = addresses.any_socket if self.manners.allow_private else addresses.public_socket
        return aiohttp.TCPConnector(
            limit=0, ttl_dns_cache=300, socket_factory=guard, resolver=aiohttp.ThreadedResolver()
        )

    def _timeout(self, total: float) -> aiohttp.ClientTimeout:
        limits = self.limits
        return aiohttp.ClientTimeout(total=total, sock_connect=limits.connect_timeout, sock_read=limits.idle_timeout)

    async def get(self, item: Item, url: URL) -> FetchOutcome:
        """Get an item from its parsed address, trying again as often as the limits allow where a failure may pass."""
        for attempt in range(1, self.limits.attempts + 1):
            answer = _Answer()
            try:
                body, suffix = await self._attempt(url, answer)
                return FetchOutcome(item, attempt, answer.http_status, body, suffix)
            except Passing as failure:
                last: BadData = failure
                if attempt < self.limits.attempts:
                    await asyncio.sleep(max(failure.pause or 0, backoff(item.url, attempt, self.limits)))
            except BadData as failure:
                last = failure
                break
        return FetchOutcome(item, attempt, answer.http_status, error=last.reason, detail=last.detail)

    async def _attempt(self, url: URL, answer: _Answer) -> tuple[Body, str]:
        """Follow redirects to a body; every hop is checked as the first address is."""
        seen: list[URL] = []
        while len(seen) <= self.limits.redirects:
            found = await self._hop(url, answer)
            if not isinstance(found, URL):
                return found
            seen.append(url)
            if found in seen:
                raise BadData("redirect loop", str(found))
            url = found
        raise BadData("too many redirects", f"more than {self.limits.redirects}")

    async def _hop(self, url: URL, answer: _Answer) -> URL | tuple[Body, str]:
        """One request: the next address, or the body and its suffix."""
        origin = origin_of(url)
        host = self.hosts[origin]
        if not self.manners.ignore_robots:
            host.keep_interval(await self._robots.check(origin, url))
        async with self._asked(url, host, self._patience) as response:
            answer.http_status = response.status
            if response.status in _REDIRECTS and "Location" in response.headers:
                return parse_url(response.headers["Location"], base=url)
            self._refuse_status(response, host)
            if not self.manners.ignore_robots:
                robots.refuse_tagged(response.headers.getall("X-Robots-Tag", []), AGENT)
            return await self._body(response)

    @contextlib.asynccontextmanager
    async def _asked(
        self, url: URL, host: Host, patience: aiohttp.ClientTimeout
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer's head, within the limits of its host and of the run; the client's errors become ours here."""
        async with host, self._connections:
            answered = False
            try:
                async with self._session.get(url, allow_redirects=False, timeout=patience) as response:
                    answered = True
                    host.answered()
                    yield response
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                failure = as_bad_data(error)
                if isinstance(failure, Passing) and not answered:
                    host.failed(failure.reason)
                raise failure from error

    def _refuse_status(self, response: aiohttp.ClientResponse, host: Host) -> None:
        status = response.status
        if status == 200:
            return
        if status not in _PASSING:
            raise BadData("HTTP status", f"{status} {response.reason}")
        asked = retry_after(response.headers.get("Retry-After", ""), datetime.now(UTC))
        if asked is not None and asked > self.limits.longest_pause:
            host.give_up(f"{status}, to be asked again in {asked:.0f} s only")
            raise BadData(GIVEN_UP, f"{status}, to be asked again in {asked:.0f} s only")
        if asked is not None or status == 429:
            host.pause(asked if asked is not None else self.limits.backoff)
        raise Passing("HTTP status", f"{status} {response.reason}", asked)

    async def _body(self, response: aiohttp.ClientResponse) -> tuple[Body, str]:
        """The body, whole and within its limit, and the suffix of what it is."""
        if (response.content_length or 0) > self.limits.size:
            raise BadData("too large", f"{response.content_length} bytes announced")
        body = Body(self.scratch)
        try:
            return body, await self._fill(body, response)
        except BaseException:
            body.close()
            raise

    async def _fill(self, body: Body, response: aiohttp.ClientResponse) -> str:
        """Copy the answer; its type is told as soon as it can be, so that an endless page ends at once."""
        suffix = None
        while piece := await response.content.readany():
            if body.size + len(piece) > self.limits.size:
                raise BadData("too large", f"more than {self.limits.size} bytes")
            body.add(piece)
            if suffix is None and body.size >= sniffing.HEAD:
                suffix = sniffing.image_type(body.start(sniffing.HEAD))
        return suffix or sniffing.image_type(body.start(sniffing.HEAD))

    async def _load_robots(self, origin: str) -> robots.Rules:
        """The rules at an origin, asked for as often as anything else; one that cannot say is given up."""
        for attempt in range(1, self.limits.attempts + 1):
            try:
                return await self._read_robots(URL(origin) / "robots.txt")
            except Passing as failure:
                last = f"{failure.reason}, {failure.detail}"
                await asyncio.sleep(backoff(origin, attempt, self.limits))
        self.hosts[origin].give_up(f"its robots.txt cannot be had: {last}")
        raise BadData(GIVEN_UP, f"its robots.txt cannot be had: {last}")

    async def _read_robots(self, url: URL) -> robots.Rules:
        """The rules at an address: none where there is no file, an error where nobody can tell (RFC 9309, 2.3.1)."""
        patience = self._timeout(self.limits.idle_timeout)
        for _ in range(1 + self.limits.redirects):
            async with self._asked(url, self.hosts[origin_of(url)], patience) as response:
                if response.status in _REDIRECTS and "Location" in response.headers:
                    url = parse_url(response.headers["Location"], base=url)
                    continue
                if response.status >= 500 or response.status == 429:
                    raise Passing("HTTP status", f"{response.status} {response.reason}")
                return robots.parse(await _text(response)) if response.status == 200 else None
        return None


async def _text(response: aiohttp.ClientResponse) -> str:
    """The first bytes of a body, as many as a robots.txt may have, as text."""
    data = b""
    while len(data) < robots.SIZE and (chunk := await response.content.readany()):
        data += chunk
    return data[: robots.SIZE].decode("utf-8-sig", "replace")


def user_agent(manners: Manners) -> str:
    """Who asks: the project, its version, what for, and whom to write to."""
    contact = f"; {manners.contact}" if manners.contact else ""
    return f"{AGENT}/{__version__} (research dataset download{contact})"


def origin_of(url: URL) -> str:
    """Scheme, host and port of an address, as one text; a default port and no port are the same."""
    return f"{url.scheme}://{url.host_port_subcomponent}"


def parse_url(text: str, base: URL | None = None) -> URL:
    """An address to ask for, left as it is spelled where it can be sent so.

    Raises:
        BadData: it is none, or neither http nor https.
    """
    try:
        url = URL(text.strip(), encoded=text.isascii() and text.isprintable() and " " not in text.strip())
        return _checked(base.join(url) if base else url)
    except ValueError as error:
        raise BadData("not a URL", str(error)) from error


def _checked(url: URL) -> URL:
    """``url`` as it is asked for: its host in small letters, without fragment; ValueError for odd hosts and ports."""
    if url.scheme not in {"http", "https"}:
        raise BadData("neither http nor https", url.scheme or "no scheme")
    if not url.host:
        raise BadData("not a URL", "no host")
    return url.with_host(url.host).with_fragment(None)


def retry_after(text: str, now: datetime) -> float | None:
    """Seconds to wait by a header ``Retry-After``; None if it says nothing.

    It holds seconds or an HTTP date (RFC 9110, 10.2.3).
    """
    if text.strip().isdecimal():
        return float(text)
    try:
        until = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())


def backoff(url: str, attempt: int, limits: FetchLimits) -> float:
    """Seconds before the next attempt: doubled each time, spread by up to half by the address itself."""
    digest = hashlib.sha256(f"{attempt} {url}".encode(errors="surrogatepass")).digest()
    jitter = int.from_bytes(digest[:4], "big") / 2**32
    return min(limits.backoff * 2.0 ** (attempt - 1), limits.longest_pause) * (0.5 + jitter)
