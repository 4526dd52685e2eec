"""Data of a report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Columns = Mapping[str, Sequence[Any]]
"""A table as its columns."""


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """Size of a page.

    ``images`` and ``pairs`` are per generator (for real images: per origin), ``clusters`` and ``rows`` per page.
    ``passes`` also shows images that can only be read sequentially, at the cost of reading their whole archive.
    ``seed`` determines the sample of images.
    """

    images: int = 6
    pairs: int = 2
    clusters: int = 24
    rows: int = 400_000
    passes: bool = False
    seed: str = "report"


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """An image for a browser: bytes of the media type ``media``, width and height in pixels."""

    data: bytes
    width: int
    height: int
    media: str = "image/webp"


@dataclass(frozen=True, slots=True)
class MissingThumbnail:
    """The reason why an image has no thumbnail."""

    reason: str


ThumbnailResult = Thumbnail | MissingThumbnail


@dataclass(frozen=True, slots=True)
class Cluster:
    """Images that are equal by ``kind`` ('equal bytes', 'near duplicates'): their row ids, and what differs among them.

    ``crosses`` has 'label' and 'split' where the images have several labels or splits.
    """

    kind: str
    rows: tuple[int, ...]
    crosses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownImages:
    """The rows that are shown as images: on contact sheets, as (fake, real) pairs, in clusters."""

    sheets: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]
    clusters: tuple[Cluster, ...]

    @property
    def rows(self) -> list[int]:
        """Return each row id that is shown, once, in ascending order."""
        shown = {*self.sheets, *(row for pair in self.pairs for row in pair)}
        return sorted(shown.union(*(cluster.rows for cluster in self.clusters)))


@dataclass(frozen=True, slots=True)
class SharedPictures:
    """The pictures that a selection shares with ``other``, as a matrix of their parts: splits, or origins of a source.

    ``cells`` has the counts of (part, other part) that share pictures: bytes, pixels, near, and pictures, their sum
    without repetitions. ``compared`` and ``unknown`` are the images of both sides that were compared, and that were not
    inspected.
    """

    other: str
    parts: tuple[str, ...]
    other_parts: tuple[str, ...]
    cells: Mapping[tuple[str, str], Mapping[str, Any]]
    compared: tuple[int, int]
    unknown: tuple[int, int]

    @property
    def most(self) -> int:
        """The largest number of pictures in a cell; 0 if none is shared."""
        return max((cell["pictures"] for cell in self.cells.values()), default=0)


@dataclass(frozen=True, slots=True)
class ReportContext:
    """Information that is not in the table of rows.

    ``facts`` are (name, value) lines about the inputs. ``refused`` has the columns stage, reason, images and example;
    ``substituted`` file_id, substituted_for, split, generator and origin; ``health`` those of sql/report/health.sql.
    ``licences`` maps a source to its licence. ``matching`` has the tables of a matched selection, by title, and
    ``histograms`` the rows of sql/report/histograms.sql. ``shared`` has the pictures that others have, too.
    """

    facts: Sequence[tuple[str, str]] = ()
    refused: Columns = field(default_factory=dict)
    substituted: Columns = field(default_factory=dict)
    health: Columns = field(default_factory=dict)
    licences: Mapping[str, str] = field(default_factory=dict)
    matching: Mapping[str, Columns] = field(default_factory=dict)
    histograms: Sequence[Mapping[str, Any]] = ()
    shared: Sequence[SharedPictures] = ()
