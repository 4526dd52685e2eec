"""The facts of a build's card, collected from its record and the manifest."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, TypeVar, get_type_hints

import pyarrow as pa

from indexer.base.untrusted_json import JsonObject
from indexer.manifest.store import Store
from materializer.models import Settings
from materializer.shards.digests import known_sha256
from materializer.shards.formats.output_format import OutputFormat, ShardFiles

Row = TypeVar("Row")

_OPTIONAL = ("balance", "upstream")  # a selection need not be matched, and files upstream may be unknown


@dataclass(frozen=True, slots=True)
class CardCount:
    """The number of images of one split, label, generator, origin and source; those converted; their bytes."""

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
    """A source with the texts of its declaration, and the number of its images."""

    source: str
    name: str
    licence: str
    citation: str
    homepage: str
    images: int


@dataclass(frozen=True, slots=True)
class CardBalance:
    """A measure of the difference between fakes and real images, before and after matching, as texts."""

    trait: str
    measure: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class CardFile:
    """A file of the output: its path below the folder, bytes, sha256 (hex); None if the digest is of another kind."""

    path: str
    size: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class CardUpstream:
    """A file of a source, with its revision and hash upstream, as the downloader recorded them; '' if unknown.

    ``published_hash`` is ``sha256:...`` or ``git:...``.
    """

    source: str
    path: str
    revision: str
    published_hash: str


@dataclass(frozen=True, slots=True)
class CardFacts:
    """The facts of a card.

    ``digests`` are those of :mod:`indexer.sharing.contents`: per split, and ``all``. ``suffixes`` are those of the
    stored images, in name order; they are not in ``record/facts.json``. ``balance`` has rows if the
    selection was matched.
    """

    name: str
    settings: Settings
    counts: tuple[CardCount, ...]
    origins: tuple[CardOrigin, ...]
    files: tuple[CardFile, ...]
    digests: Mapping[str, str]
    suffixes: tuple[str, ...] = ()
    balance: tuple[CardBalance, ...] = ()
    upstream: tuple[CardUpstream, ...] = ()

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits, in name order."""
        return tuple(sorted({count.split for count in self.counts}))

    @property
    def images(self) -> int:
        """The number of images."""
        return sum(count.images for count in self.counts)

    @property
    def fakes(self) -> int:
        """The number of images with label fake."""
        return sum(count.images for count in self.counts if count.label == 1)

    def images_of(self, split: str) -> int:
        """Return the number of images of one split."""
        return sum(count.images for count in self.counts if count.split == split)


class CardCounter:
    """Counts the rows of a build's record; ``store`` must have the tables of its plan."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.save_temporary("written_row", "card/written_rows")

    def add(self, rows: pa.Table) -> None:
        """Add the records of some rows."""
        self._store.insert("written_row", rows.select(["split", "file_id", "transform", "stored_size", "suffix"]))

    def result(self) -> tuple[tuple[CardCount, ...], tuple[CardOrigin, ...]]:
        """Return the counts of all rows, and their sources."""
        counts = self._store.arrow("card/counts")
        with self._store.registered("card_counts", counts):
            origins = self._store.rows("card/origins")
        return tuple(CardCount(**row) for row in counts.to_pylist()), tuple(CardOrigin(*row) for row in origins)

    def suffixes(self) -> tuple[str, ...]:
        """Return the file name suffixes of the stored images, in name order."""
        return tuple(suffix for (suffix,) in self._store.rows("card/suffixes"))


def read_balance(store: Store, selection: str) -> tuple[CardBalance, ...]:
    """Return the differences that matching left in a selection; none if it was not matched."""
    return tuple(CardBalance(*row) for row in store.rows("card/balance", {"selection": selection}))


def read_upstream(store: Store) -> tuple[CardUpstream, ...]:
    """Return the files upstream that the images of a build are from, as far as they are known."""
    return tuple(CardUpstream(*row) for row in store.rows("card/upstream"))


def files_of(format_: OutputFormat, shards: ShardFiles) -> tuple[CardFile, ...]:
    """Return the shards as files of the card."""
    return tuple(
        CardFile(format_.path(shard), file.size, known_sha256(file.digest))
        for own in shards.values()
        for shard, file in own
    )


def described(facts: CardFacts) -> dict[str, Any]:
    """Return the facts that no other file of a build has, as JSON."""
    rows: Mapping[str, Sequence[CardCount | CardOrigin | CardBalance | CardUpstream]] = {
        "counts": facts.counts,
        "sources": facts.origins,
        "balance": facts.balance,
        "upstream": facts.upstream,
    }
    return {name: [asdict(row) for row in own] for name, own in rows.items() if own or name not in _OPTIONAL}


def rows_in(content: JsonObject, name: str, kind: type[Row]) -> tuple[Row, ...]:
    """Return the rows ``name``, of class ``kind``, in the untrusted JSON of :func:`described`. Raises InvalidJson."""
    if name in _OPTIONAL and name not in content.content:
        return ()
    return tuple(content.list(name, partial(_typed, kind)))


def _typed(kind: type[Row], value: object) -> Row:
    row = JsonObject(value, kind.__name__)
    hints = get_type_hints(kind)
    return kind(**{name: row.text(name) if type_ is str else row.count(name) for name, type_ in hints.items()})
