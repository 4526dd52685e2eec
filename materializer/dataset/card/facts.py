"""What the card of a build tells, gathered once from its record and the manifest."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar, get_type_hints

import pyarrow as pa

from indexer.manifest.store import Store
from materializer.models import Settings

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class CardCount:
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
class CardOrigin:
    """A source, what its declaration says of it, and how many images come from it."""

    source: str
    name: str
    licence: str
    citation: str
    homepage: str
    images: int


@dataclass(frozen=True, slots=True)
class CardFile:
    """A file of the output: its path below the folder, bytes, sha256 (hex)."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class CardFacts:
    """``digests`` are those of :mod:`indexer.sharing.contents`: by split, and ``all``."""

    name: str
    settings: Settings
    counts: tuple[CardCount, ...]
    origins: tuple[CardOrigin, ...]
    files: tuple[CardFile, ...]
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


class Counting:
    """Counts what was built, fed with the record of its rows; ``store`` still has the plan's tables."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.save_temporary("built", "card/built")

    def add(self, rows: pa.Table) -> None:
        """Take in the record of some rows."""
        self._store.insert("built", rows.select(["split", "file_id", "transform", "stored_size"]))

    def result(self) -> tuple[tuple[CardCount, ...], tuple[CardOrigin, ...]]:
        """Everything that was added, counted."""
        counts = self._store.arrow("card/counts")
        with self._store.registered("card_counts", counts):
            origins = self._store.rows("card/sources")
        return tuple(CardCount(**row) for row in counts.to_pylist()), tuple(CardOrigin(*row) for row in origins)


def described(facts: CardFacts) -> dict[str, Any]:
    """Counts and sources as JSON: what no other file of a build says."""
    return {
        "counts": [asdict(count) for count in facts.counts],
        "sources": [asdict(origin) for origin in facts.origins],
    }


def counts_of(content: Mapping[str, Any]) -> tuple[CardCount, ...]:
    """The counts of what :func:`described` gave, which may be a stranger's.

    Raises:
        ValueError, KeyError, TypeError: it gave no such thing.
    """
    return tuple(_typed(CardCount, row) for row in content["counts"])


def sources_of(content: Mapping[str, Any]) -> tuple[CardOrigin, ...]:
    """The sources, as :func:`counts_of`."""
    return tuple(_typed(CardOrigin, row) for row in content["sources"])


def _typed(kind: type[Row], row: Mapping[str, Any]) -> Row:
    for name, wanted in get_type_hints(kind).items():
        if type(row[name]) is not wanted:
            raise ValueError(f"{name} is {row[name]!r}")
        str(row[name]).encode()  # half a surrogate pair is no text
    return kind(**row)
