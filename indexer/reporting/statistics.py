"""Count images per split, label, generator and origin, of a manifest or of one selection."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from indexer.manifest.store import Store, require_selection

# What is counted: the columns of each section. Those of a selection are made for each split.
_SECTIONS = {
    "generator": ("generator",),
    "label": ("label",),
    "origin": ("origin",),
    "origin_generator": ("origin", "generator"),
}
_COUNTS = ("images", "unusable", "bytes")


@dataclass(frozen=True, slots=True)
class StatisticsSection:
    """One table: ``rows`` counted by the columns of ``by``, within ``split`` (None: all splits)."""

    by: str
    split: str | None
    rows: pa.Table


@dataclass(frozen=True, slots=True)
class Statistics:
    """All tables of a manifest (``name`` None) or a selection, and the table that they were made from.

    ``counts`` has one row per split, origin, generator and label. ``overlap`` is the number of file ids in several
    splits, and the number of those that occur twice in one split. ``query`` is the record of a selection that a query
    made, as TOML. ``shared`` (split, selection, its_split, pictures) counts pictures that other selections have, too.
    """

    name: str | None
    counts: pa.Table
    sections: tuple[StatisticsSection, ...]
    overlap: tuple[int, int]
    query: str | None = None
    shared: pa.Table | None = None

    @property
    def images(self) -> int:
        """Return the number of images."""
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
        sums = store.arrow("stats/sections")
    in_several, twice = store.rows("stats/overlap", {"name": name})[0]
    query = next((recipe for (recipe,) in store.rows("stats/query", {"name": name})), None)
    shared = store.arrow("stats/shared_pictures", {"name": name}) if name is not None else None
    return Statistics(name, counts, tuple(_sections(sums, name)), (in_several, twice), query, shared)


def _sections(sums: pa.Table, name: str | None) -> Iterator[StatisticsSection]:
    """Yield the tables of ``sums`` (sql/stats/sections.sql): of a selection the splits, then the sections of each."""
    splits: list[str | None] = [None]
    if name is not None:
        rows = _section(sums, "split", None).select(["split", *_COUNTS])
        yield StatisticsSection("split", None, rows)
        splits = rows.column("split").to_pylist()
    for split in splits:
        for by, columns in _SECTIONS.items():
            yield StatisticsSection(by, split, _section(sums, by, split).select([*columns, *_COUNTS]))


def _section(sums: pa.Table, by: str, split: str | None) -> pa.Table:
    is_section = pc.equal(sums["section"], by)
    return sums.filter(is_section if split is None else pc.and_(is_section, pc.equal(sums["split"], split)))
