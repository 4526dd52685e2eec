"""What the card of a build tells, gathered once from its record and the manifest."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from indexer.store import Store
from materializer.shapes import Settings


@dataclass(frozen=True, slots=True)
class Count:
    """Images of one split, label, generator, origin and source; how many of them were converted; their bytes."""

    split: str
    label: int
    generator: str
    origin: str
    source: str
    images: int
    converted: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Origin:
    """A source, what its declaration says of it, and how many images come from it."""

    source: str
    name: str
    licence: str
    citation: str
    homepage: str
    images: int


@dataclass(frozen=True, slots=True)
class File:
    """A file of the output: its path below the folder, bytes, sha256 (hex)."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Facts:
    """``digests`` are those of :mod:`indexer.sharing.contents`: by split, and ``all``."""

    name: str
    settings: Settings
    counts: tuple[Count, ...]
    origins: tuple[Origin, ...]
    files: tuple[File, ...]
    digests: Mapping[str, str]

    @property
    def splits(self) -> tuple[str, ...]:
        """In name order."""
        return tuple(sorted({count.split for count in self.counts}))

    @property
    def images(self) -> int:
        """Of all splits."""
        return sum(count.images for count in self.counts)

    @property
    def fakes(self) -> int:
        """Generated ones, of all splits."""
        return sum(count.images for count in self.counts if count.label == 1)

    def images_of(self, split: str) -> int:
        """Of one split."""
        return sum(count.images for count in self.counts if count.split == split)


def gather(store: Store, built: pa.Table) -> tuple[tuple[Count, ...], tuple[Origin, ...]]:
    """Count what was built. ``built`` is the record of all rows; ``store`` still has the plan's tables."""
    with store.registered("built", built):
        counts = store.arrow("card/counts")
    with store.registered("card_counts", counts):
        origins = store.rows("card/sources")
    return tuple(Count(**row) for row in counts.to_pylist()), tuple(Origin(*row) for row in origins)
