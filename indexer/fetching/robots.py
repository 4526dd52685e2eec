"""Permissions of a host: robots.txt (RFC 9309) and the header ``X-Robots-Tag``."""

import asyncio
from collections.abc import Awaitable, Callable

from protego import Protego
from yarl import URL

from indexer.base.errors import BadData

SIZE = 512_000  # bytes of a robots.txt that are read; RFC 9309, 2.5, requires 500 KiB at least
_OPT_OUTS = {"noai", "noimageai", "noindex", "noimageindex", "none"}

Rules = Protego | None  # None: everything is allowed
Load = Callable[[str], Awaitable[Rules]]


class Robots:
    """The robots.txt of each origin, requested once; ``load`` requests one."""

    def __init__(self, agent: str, load: Load) -> None:
        self._agent = agent
        self._load = load
        self._known: dict[str, Rules] = {}
        self._loading: dict[str, asyncio.Task[Rules]] = {}

    async def check(self, origin: str, url: URL) -> float:
        """Return the ``Crawl-delay`` of ``origin`` in seconds, 0 if it has none.

        Raises:
            BadData: ``url`` is disallowed, or robots.txt is unreachable, which disallows all (RFC 9309, 2.3.1.4).
        """
        rules = self._known[origin] if origin in self._known else await self._rules(origin)
        if rules is None:
            return 0.0
        if not rules.can_fetch(str(url), self._agent):
            raise BadData("robots.txt disallows", origin)
        return float(rules.crawl_delay(self._agent) or 0)

    async def _rules(self, origin: str) -> Rules:
        """Load the rules of ``origin``; concurrent callers share one request and its result or failure."""
        if origin not in self._loading:
            self._loading[origin] = asyncio.ensure_future(self._load(origin))
        self._known[origin] = await asyncio.shield(self._loading[origin])
        return self._known[origin]


def parse(text: str) -> Rules:
    """Parse a robots.txt: the longest rule applies, ``*`` and ``$`` are wildcards (RFC 9309, 2.2.2 and 2.2.3)."""
    return Protego.parse(text)


def refuse_tagged(tags: list[str], agent: str) -> None:
    """Refuse a response whose ``X-Robots-Tag`` opts out of indexing or of machine learning.

    Raises:
        BadData: it does, for every agent or for ``agent``.
    """
    for tag in tags:
        name, _, rest = tag.lower().partition(":")
        directives = rest if rest and name.strip() == agent else "" if rest else name
        if found := _OPT_OUTS & {each.strip() for each in directives.split(",")}:
            raise BadData("X-Robots-Tag opts out", ", ".join(sorted(found)))
