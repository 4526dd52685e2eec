"""What a report is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Columns = Mapping[str, Sequence[Any]]
"""A table as its columns."""


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """How much a page shows.

    ``images`` and ``pairs`` count a generator (of photographs: an origin), ``clusters`` the page, ``rows`` the table.
    ``passes`` also shows images that only a pass over a whole solid archive reaches. ``seed`` decides which are shown.
    """

    images: int = 6
    pairs: int = 2
    clusters: int = 24
    rows: int = 400_000
    passes: bool = False
    seed: str = "report"


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A picture as a browser shows it: bytes of the media type ``media``, its size in pixels."""

    data: bytes
    width: int
    height: int
    media: str = "image/webp"


@dataclass(frozen=True, slots=True)
class Unshown:
    """Why there is no picture of an image."""

    reason: str


Picture = Thumbnail | Unshown


@dataclass(frozen=True, slots=True)
class Cluster:
    """Images that are the same by ``kind`` ('same bytes', 'look alike'): their row ids, and what they cross."""

    kind: str
    rows: tuple[int, ...]
    crosses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which rows are shown as pictures: on contact sheets, as (fake, real) pairs, as clusters."""

    sheets: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]
    clusters: tuple[Cluster, ...]

    @property
    def rows(self) -> list[int]:
        """Every row id that is shown, once."""
        shown = {*self.sheets, *(row for pair in self.pairs for row in pair)}
        return sorted(shown.union(*(cluster.rows for cluster in self.clusters)))


@dataclass(frozen=True, slots=True)
class Notes:
    """What the tables of rows do not say: left to whoever makes the report.

    ``facts`` are (name, value) lines on what the subject was made from; ``refused`` has the columns stage, reason,
    images and example; ``substituted`` file_id, substituted_for, split, generator and origin; ``health`` those of
    sql/report/health.sql; ``licences`` maps a source to its licence.
    """

    facts: Sequence[tuple[str, str]] = ()
    refused: Columns = field(default_factory=dict)
    substituted: Columns = field(default_factory=dict)
    health: Columns = field(default_factory=dict)
    licences: Mapping[str, str] = field(default_factory=dict)
