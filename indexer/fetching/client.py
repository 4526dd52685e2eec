"""Request an item: its bytes as served, or the reason for the failure."""

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

from indexer.base.errors import BadData
from indexer.base.version import __version__
from indexer.fetching import addresses, robots, sniffing
from indexer.fetching.failures import as_bad_data
from indexer.fetching.hosts import GIVEN_UP, Host, Hosts
from indexer.fetching.models import FetchLimits, FetchOutcome, FetchPolicy, Item, TransientFailure
from indexer.fetching.response_body import ResponseBody

AGENT = "image-manifest"  # the token of this client in a robots.txt

_REDIRECTS = {301, 302, 303, 307, 308}
_TRANSIENT_STATUSES = {408, 425, 429, 500, 502, 503, 504}


@dataclass(slots=True)
class _Attempt:
    """One attempt at an item; the last HTTP status is kept for the log, also when the attempt fails."""

    http_status: int | None = None


class Client:
    """The HTTP client of a run, for all hosts together. ``scratch`` holds large bodies until they are stored."""

    def __init__(self, limits: FetchLimits, policy: FetchPolicy, scratch: Path) -> None:
        self.limits, self.policy, self.scratch = limits, policy, scratch
        self.hosts = Hosts(limits)
        self._robots = robots.Robots(AGENT, self._load_robots)
        self._connections = asyncio.Semaphore(limits.connections)

    async def __aenter__(self) -> Self:
        guard = addresses.any_socket if self.policy.allow_private else addresses.public_socket
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0, ttl_dns_cache=300, socket_factory=guard, resolver=aiohttp.ThreadedResolver()
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            # 'identity': bodies arrive as stored on the server; a body that is packed all the same is unpacked
            headers={
                "User-Agent": user_agent(self.policy),
                "Accept": "image/*,*/*;q=0.5",
                "Accept-Encoding": "identity",
            },
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def get(self, item: Item, url: URL) -> FetchOutcome:
        """Request an item from its parsed URL; transient failures are retried within the limits."""
        for number in range(1, self.limits.attempts + 1):
            attempt = _Attempt()
            try:
                body, suffix = await self._follow(url, attempt)
                return FetchOutcome(item, number, attempt.http_status, body, suffix)
            except TransientFailure as failure:
                last: BadData = failure
                if number < self.limits.attempts:
                    await asyncio.sleep(max(failure.pause or 0, backoff(item.url, number, self.limits)))
            except BadData as failure:
                last = failure
                break
        return FetchOutcome(item, number, attempt.http_status, error=last.reason, detail=last.detail)

    async def _follow(self, url: URL, attempt: _Attempt) -> tuple[ResponseBody, str]:
        """Follow redirects to a body; each URL is checked like the first."""
        seen: list[URL] = []
        while len(seen) <= self.limits.redirects:
            found = await self._request_once(url, attempt)
            if not isinstance(found, URL):
                return found
            seen.append(url)
            if found in seen:
                raise BadData("redirect loop", str(found))
            url = found
        raise BadData("too many redirects", f"more than {self.limits.redirects}")

    async def _request_once(self, url: URL, attempt: _Attempt) -> URL | tuple[ResponseBody, str]:
        """Send one request: return the URL of a redirect, or the body and its suffix."""
        origin = origin_of(url)
        host = self.hosts[origin]
        if not self.policy.ignore_robots:
            host.keep_interval(await self._robots.check(origin, url))
        async with self._response(url, host, self.limits.total_timeout) as response:
            attempt.http_status = response.status
            if response.status in _REDIRECTS and "Location" in response.headers:
                return parse_url(response.headers["Location"], base=url)
            self._refuse_status(response, host)
            if not self.policy.ignore_robots:
                robots.refuse_tagged(response.headers.getall("X-Robots-Tag", []), AGENT)
            return await self._body(response)

    @contextlib.asynccontextmanager
    async def _response(self, url: URL, host: Host, total: float) -> AsyncIterator[aiohttp.ClientResponse]:
        """Yield a response once its head has arrived, within the limits of its host and of the run.

        Raises:
            BadData: any error of the HTTP library, with its reason.
        """
        limits = self.limits
        timeout = aiohttp.ClientTimeout(total=total, sock_connect=limits.connect_timeout, sock_read=limits.idle_timeout)
        async with host, self._connections:
            answered = False
            try:
                async with self._session.get(url, allow_redirects=False, timeout=timeout) as response:
                    answered = True
                    host.answered()
                    yield response
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                failure = as_bad_data(error)
                if isinstance(failure, TransientFailure) and not answered:
                    host.failed(failure.reason)
                raise failure from error

    def _refuse_status(self, response: aiohttp.ClientResponse, host: Host) -> None:
        status = response.status
        if status == 200:
            return
        if status not in _TRANSIENT_STATUSES:
            raise BadData("HTTP status", f"{status} {response.reason}")
        pause = retry_after(response.headers.get("Retry-After", ""), datetime.now(UTC))
        if pause is not None and pause > self.limits.longest_pause:
            host.give_up(f"{status}, Retry-After {pause:.0f} s")
            raise BadData(GIVEN_UP, f"{status}, Retry-After {pause:.0f} s")
        if pause is not None or status == 429:
            host.pause(pause if pause is not None else self.limits.backoff)
        raise TransientFailure("HTTP status", f"{status} {response.reason}", pause)

    async def _body(self, response: aiohttp.ClientResponse) -> tuple[ResponseBody, str]:
        """Return the whole body and the suffix of its type."""
        if (response.content_length or 0) > self.limits.size:
            raise BadData("too large", f"{response.content_length} bytes announced")
        body = ResponseBody(self.scratch)
        try:
            return body, await self._receive(body, response)
        except BaseException:
            body.close()
            raise

    async def _receive(self, body: ResponseBody, response: aiohttp.ClientResponse) -> str:
        """Fill ``body``; detect its type as soon as enough bytes have arrived, so that an endless page ends at once."""
        suffix = None
        while chunk := await response.content.readany():
            if body.size + len(chunk) > self.limits.size:
                raise BadData("too large", f"more than {self.limits.size} bytes")
            body.append(chunk)
            if suffix is None and body.size >= sniffing.HEAD:
                suffix = sniffing.image_type(body.head(sniffing.HEAD))
        return suffix or sniffing.image_type(body.head(sniffing.HEAD))

    async def _load_robots(self, origin: str) -> robots.Rules:
        """Request the robots.txt of an origin, with retries; a host whose file is unreachable is given up."""
        for number in range(1, self.limits.attempts + 1):
            try:
                return await self._read_robots(URL(origin) / "robots.txt")
            except TransientFailure as failure:
                last = f"{failure.reason}, {failure.detail}"
                await asyncio.sleep(backoff(origin, number, self.limits))
        self.hosts[origin].give_up(f"its robots.txt is unreachable: {last}")
        raise BadData(GIVEN_UP, f"its robots.txt is unreachable: {last}")

    async def _read_robots(self, url: URL) -> robots.Rules:
        """Return the rules at a URL: none for a missing file, an error for an unreachable one (RFC 9309, 2.3.1)."""
        for _ in range(1 + self.limits.redirects):
            async with self._response(url, self.hosts[origin_of(url)], self.limits.idle_timeout) as response:
                if response.status in _REDIRECTS and "Location" in response.headers:
                    url = parse_url(response.headers["Location"], base=url)
                    continue
                if response.status >= 500 or response.status == 429:
                    raise TransientFailure("HTTP status", f"{response.status} {response.reason}")
                if response.status != 200:
                    return None
                data = b""
                while len(data) < robots.SIZE and (chunk := await response.content.readany()):
                    data += chunk
                return robots.parse(data[: robots.SIZE].decode("utf-8-sig", "replace"))
        return None


def user_agent(policy: FetchPolicy) -> str:
    """Return the User-Agent: the project, its version, the purpose, and the user's contact."""
    contact = f"; {policy.contact}" if policy.contact else ""
    return f"{AGENT}/{__version__} (research dataset download{contact})"


def origin_of(url: URL) -> str:
    """Return scheme, host and port of a URL as one text; the default port is added where there is none."""
    return f"{url.scheme}://{url.host_port_subcomponent}"


def parse_url(text: str, base: URL | None = None) -> URL:
    """Parse a URL; its spelling is kept where it can be sent as it is. Host in lower case, without fragment.

    Raises:
        BadData: it is no URL, or neither http nor https.
    """
    try:
        url = URL(text.strip(), encoded=text.isascii() and text.isprintable() and " " not in text.strip())
        url = base.join(url) if base else url
        if url.scheme not in {"http", "https"}:
            raise BadData("neither http nor https", url.scheme or "no scheme")
        if not url.host:
            raise BadData("not a URL", "no host")
        return url.with_host(url.host).with_fragment(None)
    except ValueError as error:
        raise BadData("not a URL", str(error)) from error


def retry_after(text: str, now: datetime) -> float | None:
    """Return the seconds of a ``Retry-After`` header, given in seconds or as an HTTP date (RFC 9110, 10.2.3).

    None: the header is absent or invalid.
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
    """Return the seconds before the next attempt: doubled each time, with a jitter of 50 % that depends on the URL."""
    digest = hashlib.sha256(f"{attempt} {url}".encode(errors="surrogatepass")).digest()
    jitter = int.from_bytes(digest[:4], "big") / 2**32
    return min(limits.backoff * 2.0 ** (attempt - 1), limits.longest_pause) * (0.5 + jitter)
