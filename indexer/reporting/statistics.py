"""Counts that a person can read: images a split, label, generator and origin, of a manifest or of one selection."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from indexer.manifest.store import Store, require_selection

_BY = ("generator", "label", "origin", "origin_generator")


@dataclass(frozen=True, slots=True)
class StatisticsSection:
    """One table: ``rows`` counted ``by`` something, within ``split`` (None: all of them)."""

    by: str
    split: str | None
    rows: pa.Table


@dataclass(frozen=True, slots=True)
class Statistics:
    """All tables of a manifest (``name`` None) or a selection, and the one that they were made from.

    ``counts`` has a row for each split, origin, generator and label. ``overlap`` is how many file ids stand in more
    than one split, and how many twice in one.
    """

    name: str | None
    counts: pa.Table
    sections: tuple[StatisticsSection, ...]
    overlap: tuple[int, int]

    @property
    def images(self) -> int:
        """How many images were counted."""
        return sum(self.counts.column("images").to_pylist())


def gather(store: Store, name: str | None) -> Statistics:
    """Count the manifest's images, or those of the selection ``name``; spares are left out.

    Raises:
        RecipeError: no selection has that name.
    """
    if name is not None:
        require_selection(store, name)
    counts = store.arrow("stats/counts", {"name": name})
    with store.registered("stats_counts", counts):
        sections = tuple(_sections(store, name))
    in_several, twice = store.rows("stats/overlap", {"name": name})[0]
    return Statistics(name, counts, sections, (in_several, twice))


def _sections(store: Store, name: str | None) -> Iterator[StatisticsSection]:
    if name is None:
        yield from (_section(store, by, None) for by in _BY)
        return
    splits = store.arrow("stats/split")
    yield StatisticsSection("split", None, splits)
    for split in splits.column("split").to_pylist():
        yield from (_section(store, by, split) for by in _BY)


def _section(store: Store, by: str, split: str | None) -> StatisticsSection:
    return StatisticsSection(by, split, store.arrow(f"stats/{by}", {"split": split}))
