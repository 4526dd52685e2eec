"""Data that the modules of fetching exchange."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from indexer.base.errors import BadData
from indexer.fetching.response_body import ResponseBody

SHARD_ITEMS = 1_000  # items per shard, as in the original scripts' calls of img2dataset: keys have eight digits


@dataclass(frozen=True, slots=True)
class Item:
    """One URL of a list.

    ``part`` is the folder below the target, '' for the target itself; ``key`` is the row's number, from 0.
    """

    part: str
    key: int
    url: str
    record: Mapping[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return shard and row in eight digits, as img2dataset names a sample: ``00004088``."""
        return f"{self.key:08d}"

    @property
    def shard(self) -> str:
        """Return the name of the item's shard: ``00004``."""
        return shard_name(self.key // SHARD_ITEMS)


def shard_name(number: int) -> str:
    """Return the name of a shard as img2dataset writes it: ``00004``."""
    return f"{number:05d}"


@dataclass(frozen=True, slots=True)
class FetchOutcome:
    """The result of an item: ``body``, or None with the reason in ``error``."""

    item: Item
    attempts: int
    http_status: int | None = None
    body: ResponseBody | None = None
    type: str | None = None
    error: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Limits of a run. Times are in seconds, sizes in bytes, ``rate`` in requests per second and host.

    The defaults are polite: four connections and five requests per second for each host.
    """

    connections: int = 64
    per_host: int = 4
    rate: float = 5.0  # 0: no limit
    attempts: int = 4
    backoff: float = 1.0
    longest_pause: float = 120.0
    connect_timeout: float = 15.0
    idle_timeout: float = 30.0
    total_timeout: float = 900.0
    size: int = 200_000_000
    redirects: int = 8
    host_failures: int = 12  # requests in a row without a response before a host is given up


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """The client's identity and permissions. ``contact`` is an address or page for the owner of a host."""

    contact: str | None = None
    ignore_robots: bool = False
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class FetchTally:
    """The number of items that ended with one status, error and HTTP status; ``size`` is in bytes."""

    status: str
    error: str | None
    http_status: int | None
    items: int
    size: int


class TransientFailure(BadData):
    """A failure that is worth another attempt, after ``pause`` seconds at least if the host requested that."""

    def __init__(self, reason: str, detail: str = "", pause: float | None = None) -> None:
        super().__init__(reason, detail)
        self.pause = pause
