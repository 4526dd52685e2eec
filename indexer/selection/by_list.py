"""Make a selection from lists of file ids, such as published ones."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from unicodedata import normalize

from indexer.base.errors import RecipeError
from indexer.manifest.store import Parameters, Store
from indexer.selection import storing
from indexer.selection.id_lists import IdLists
from indexer.selection.models import Counts
from indexer.selection.working_tables import put, working_tables

SEED = "1234"
# Spares in addition to the substitutes, as a fraction of the real images listed.
SPARES = 0.02


@dataclass(frozen=True, slots=True)
class MissingCount:
    """Ids of one split and origin that cannot be selected for one reason; ``substituted`` of them have a substitute."""

    split: str
    origin: str
    reason: str
    images: int
    substituted: int
    example: str


@dataclass(frozen=True, slots=True)
class ListNote:
    """Ids of one split that were not taken as they are written."""

    split: str
    note: str
    images: int
    example: str


@dataclass(frozen=True, slots=True)
class Listed:
    """The result of a selection by list. ``counts`` has one row per (split, role)."""

    name: str
    counts: Counts
    missing: tuple[MissingCount, ...]
    notes: tuple[ListNote, ...] = ()


def select_listed(store: Store, lists: IdLists, name: str, substitute: str | None = None) -> Listed:
    """Select the ids in ``lists``, which :func:`indexer.selection.id_lists.read_lists` returned.

    ``substitute`` is the start of file ids in any case, such as ``laion``. Real images with such an id that cannot be
    selected are replaced by others, in a fixed order.

    Raises:
        RecipeError: an id is listed for two splits, there is no id, or none can be selected.
    """
    with working_tables(store):
        # Form NFC: macOS writes NFD.
        written = [(split, one, normalize("NFC", one.strip())) for split, ids in lists.items() for one in ids]
        put(store, "written", written)
        listed = store.save("work.listed", "select/by_list/listed")
        notes = tuple(ListNote(*row) for row in store.rows("select/by_list/notes"))
        _refuse_several_splits(store)
        parameters = {"name": name, "seed": SEED, "substitute": substitute, "spares": SPARES, **_recipe(store)}
        find_listed(store, parameters)
        store.save("work.spare", "select/by_list/spares", parameters)
        store.save("work.result", "select/by_list/result", parameters)
        missing = tuple(MissingCount(*row) for row in store.rows("select/by_list/missing_counts"))
        _refuse_nothing(missing, listed)
        storing.replace(store, parameters, "select/by_list/excluded")
        return Listed(name, storing.counts(store.rows("select/result/counts", parameters)), missing, notes)


def find_listed(store: Store, parameters: Parameters) -> tuple[int, int]:
    """Divide the ids of ``work.listed`` into ``work.found`` and ``work.missing``; return the numbers of their rows."""
    store.save("work.matched", "select/by_list/matched")
    found = store.save("work.found", "select/by_list/found")
    return found, store.save("work.missing", "select/by_list/missing", parameters)


def _refuse_several_splits(store: Store) -> None:
    several = store.rows("select/by_list/several_splits")
    if several:
        file_id, splits = several[0]
        more = f", and {len(several) - 1:,} more" if len(several) > 1 else ""
        raise RecipeError(f"'{file_id}' is listed for {' and for '.join(splits)}{more}: take it out of one list")


def _recipe(store: Store) -> dict[str, object]:
    """Return a description of the lists, and a hash of their splits and ids."""
    rows = store.execute("select split, file_id from work.listed order by split, file_id")
    text = "\n".join(f"{split}\t{file_id}" for split, file_id in rows)
    counts = Counter(split for split, _ in rows)
    names = " ".join(f"{split}={images}" for split, images in counts.items())
    return {"recipe": f"lists: {names}", "recipe_hash": hashlib.sha256(text.encode()).hexdigest(), "made_from": "lists"}


def _refuse_nothing(missing: tuple[MissingCount, ...], listed: int) -> None:
    """Refuse lists without a single image that is here: lists of another manifest, or of other names."""
    if not listed:
        raise RecipeError("the lists have no file_id: give at least one")
    if sum(count.images - count.substituted for count in missing) == listed:
        first = missing[0]
        raise RecipeError(
            f"none of the listed ids ({listed:,}) can be selected, such as '{first.example}' ({first.reason}): compare"
            " them with those that 'python -m indexer sql \"select file_id from manifest limit 9\"' prints"
        )
