"""What a host forbids: robots.txt (RFC 9309) and the header ``X-Robots-Tag``."""

import asyncio
from collections.abc import Awaitable, Callable

from protego import Protego
from yarl import URL

from indexer.base.errors import BadData

SIZE = 512_000  # bytes of a robots.txt that are read; RFC 9309, 2.5, asks for 500 KiB at least
_UNWANTED = {"noai", "noimageai", "noindex", "noimageindex", "none"}

Rules = Protego | None  # None: everything is allowed
Load = Callable[[str], Awaitable[Rules]]


class Robots:
    """The robots.txt of each origin, asked for once; ``load`` gets one."""

    def __init__(self, agent: str, load: Load) -> None:
        self._agent = agent
        self._load = load
        self._known: dict[str, Rules] = {}
        self._loading: dict[str, asyncio.Task[Rules]] = {}

    async def check(self, origin: str, url: URL) -> float:
        """The seconds that ``origin`` wants between two requests, 0 if it says nothing.

        Raises:
            BadData: ``url`` is forbidden, or nobody can tell, which forbids everything (RFC 9309, 2.3.1.4).
        """
        rules = self._known[origin] if origin in self._known else await self._of(origin)
        if rules is None:
            return 0.0
        if not rules.can_fetch(str(url), self._agent):
            raise BadData("robots.txt disallows", origin)
        return float(rules.crawl_delay(self._agent) or 0)

    async def _of(self, origin: str) -> Rules:
        """Whoever comes while it is under way waits for the same answer, or the same failure."""
        if origin not in self._loading:
            self._loading[origin] = asyncio.ensure_future(self._load(origin))
        self._known[origin] = await asyncio.shield(self._loading[origin])
        return self._known[origin]


def parse(text: str) -> Rules:
    """The rules of a robots.txt: the longest counts, ``*`` and ``$`` are wildcards (RFC 9309, 2.2.2 and 2.2.3)."""
    return Protego.parse(text)


def refuse_tagged(tags: list[str], agent: str) -> None:
    """Refuse an answer whose ``X-Robots-Tag`` opts out of indexing or of machine learning.

    Raises:
        BadData: it does, for everybody or for ``agent``.
    """
    for tag in tags:
        name, _, rest = tag.lower().partition(":")
        directives = rest if rest and name.strip() == agent else "" if rest else name
        if found := _UNWANTED & {each.strip() for each in directives.split(",")}:
            raise BadData("X-Robots-Tag opts out", ", ".join(sorted(found)))
