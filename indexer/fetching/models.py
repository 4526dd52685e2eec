"""What crosses the borders of fetching: an item, what became of it, how it is asked for, how a run went."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from indexer.base.errors import BadData
from indexer.fetching.bodies import Body

SHARD_ITEMS = 1_000  # items a shard, as the original scripts told img2dataset: keys have eight digits


@dataclass(frozen=True, slots=True)
class Item:
    """One URL of a list.

    ``part`` is the folder below the target, '' for the target itself; ``key`` the row's number, from 0.
    """

    part: str
    key: int
    url: str
    record: Mapping[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Shard and row printed together, eight digits, as img2dataset names a sample: ``00004088``."""
        return f"{self.key:08d}"

    @property
    def shard(self) -> str:
        """The name of the item's shard: ``00004``."""
        return shard_name(self.key // SHARD_ITEMS)


def shard_name(number: int) -> str:
    """As img2dataset names shards: ``00004``."""
    return f"{number:05d}"


@dataclass(frozen=True, slots=True)
class FetchOutcome:
    """What became of an item: ``body``, or None where ``error`` says why there is none."""

    item: Item
    attempts: int
    http_status: int | None = None
    body: Body | None = None
    type: str | None = None
    error: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What a run asks of hosts and takes from them. Times in seconds, sizes in bytes, ``rate`` in requests a second.

    The defaults are polite: four connections and five requests a second for each host.
    """

    connections: int = 64
    per_host: int = 4
    rate: float = 5.0  # of one host; 0: no limit
    attempts: int = 4
    backoff: float = 1.0
    longest_pause: float = 120.0
    connect_timeout: float = 15.0
    idle_timeout: float = 30.0
    total_timeout: float = 900.0
    size: int = 200_000_000
    redirects: int = 8
    host_failures: int = 12  # requests in a row without an answer before a host is given up


@dataclass(frozen=True, slots=True)
class Manners:
    """Who asks, and what is allowed. ``contact`` is an address or page for a host's owner."""

    contact: str | None = None
    ignore_robots: bool = False
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class FetchTally:
    """How many items ended with one status, error and HTTP status; ``size`` is in bytes."""

    status: str
    error: str | None
    http_status: int | None
    items: int
    size: int


class Passing(BadData):
    """A failure that may pass: worth another attempt, not before ``pause`` seconds if the host said so."""

    def __init__(self, reason: str, detail: str = "", pause: float | None = None) -> None:
        super().__init__(reason, detail)
        self.pause = pause
