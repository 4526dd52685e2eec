"""Make a selection from lists of file ids, such as published ones."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.base.errors import RecipeError
from indexer.manifest.store import Store
from indexer.selection import storing
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
class Listed:
    """The result of a selection by list. ``counts`` has one row per (split, role)."""

    name: str
    counts: Counts
    missing: tuple[MissingCount, ...]


def select_listed(
    store: Store, lists: Mapping[str, Sequence[Path]], name: str, substitute: str | None = None
) -> Listed:
    """Select the ids in ``lists`` (split -> files with one id per line).

    ``substitute`` is the start of file ids in any case, such as ``laion``. Real images with such an id that cannot be
    selected are replaced by others, in a fixed order.

    Raises:
        RecipeError: a list cannot be read, or names an id for two splits.
    """
    ids = {split: sorted({line for file in files for line in ids_of(file)}) for split, files in lists.items()}
    _refuse_two_splits(ids)
    parameters = {
        "name": name,
        "seed": SEED,
        "substitute": substitute,
        "spares": SPARES,
        "made_from": "lists",
        **_recipe(lists, ids),
    }
    with working_tables(store):
        put(store, "listed", [(split, file_id) for split, listed in ids.items() for file_id in listed])
        store.save("work.found", "select/by_list/found", parameters)
        store.save("work.missing", "select/by_list/missing", parameters)
        store.save("work.spare", "select/by_list/spares", parameters)
        store.save("work.result", "select/by_list/result", parameters)
        storing.replace(store, parameters, "select/by_list/excluded")
        missing = tuple(MissingCount(*row) for row in store.rows("select/by_list/missing_counts"))
        return Listed(name, storing.counts(store.rows("select/result/counts", parameters)), missing)


def ids_of(file: Path) -> Iterator[str]:
    """Yield the ids of a list, one per line.

    Raises:
        RecipeError: it cannot be read.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{file} cannot be read as a list of file ids: {error}") from error
    return (line.removesuffix("\r") for line in text.split("\n") if line.strip())


def _refuse_two_splits(ids: Mapping[str, Sequence[str]]) -> None:
    seen: dict[str, str] = {}
    for split, listed in ids.items():
        for file_id in listed:
            if seen.setdefault(file_id, split) != split:
                raise RecipeError(f"'{file_id}' is listed for {seen[file_id]} and for {split}: take it out of one list")


def _recipe(lists: Mapping[str, Sequence[Path]], ids: Mapping[str, Sequence[str]]) -> dict[str, object]:
    """Return the names of the lists, and a hash of their splits and ids."""
    names = " ".join(f"{split}={file.name}" for split, files in lists.items() for file in files)
    text = "\n".join(f"{split}\t{file_id}" for split in sorted(ids) for file_id in ids[split])
    return {"recipe": f"lists: {names}", "recipe_hash": hashlib.sha256(text.encode()).hexdigest()}
