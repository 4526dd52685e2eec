"""A selection from lists of file ids: published ones as they are."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.base.errors import RecipeError
from indexer.manifest.store import Store
from indexer.selection.choosing import counted, keep, workbench
from indexer.selection.models import Counts, put

SEED = "1234"
# Spares that are kept beside the substitutes, as a part of the photographs listed.
SPARES = 0.02


@dataclass(frozen=True, slots=True)
class MissingCount:
    """Ids of a split and origin that cannot be had for one reason; ``substituted`` of them have a stand-in."""

    split: str
    origin: str
    reason: str
    images: int
    substituted: int
    example: str


@dataclass(frozen=True, slots=True)
class Listed:
    """How a selection by list turned out. ``counts`` has a row for each (split, role)."""

    name: str
    counts: Counts
    missing: tuple[MissingCount, ...]


def select_listed(
    store: Store, lists: Mapping[str, Sequence[Path]], name: str, substitute: str | None = None
) -> Listed:
    """Select what ``lists`` (split -> files, an id a line) name.

    With ``substitute`` (``laion``: how file ids begin, in any case), photographs of that origin that cannot be had are
    replaced by others of it, in a fixed order.

    Raises:
        RecipeError: a list cannot be read, or names an id for two splits.
    """
    ids = {split: sorted({line for file in files for line in ids_of(file)}) for split, files in lists.items()}
    _refuse_two_sides(ids)
    parameters = {"name": name, "seed": SEED, "substitute": substitute, "spares": SPARES, **_recipe(lists, ids)}
    with workbench(store):
        put(store, "listed", [(split, file_id) for split, listed in ids.items() for file_id in listed])
        steps = {"found": "list_found", "missing": "list_missing", "spare": "list_spares", "result": "list_result"}
        for table, step in steps.items():
            store.save(f"work.{table}", f"select/{step}", parameters)
        keep(store, parameters, "select/list_excluded")
        missing = tuple(MissingCount(*row) for row in store.rows("select/list_missing_counts"))
        return Listed(name, counted(store.rows("select/counts", parameters)), missing)


def ids_of(file: Path) -> Iterator[str]:
    """The ids of a list, one a line.

    Raises:
        RecipeError: it cannot be read.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{file} cannot be read as a list of file ids: {error}") from error
    return (line.removesuffix("\r") for line in text.split("\n") if line.strip())


def _refuse_two_sides(ids: Mapping[str, Sequence[str]]) -> None:
    seen: dict[str, str] = {}
    for split, listed in ids.items():
        for file_id in listed:
            if seen.setdefault(file_id, split) != split:
                raise RecipeError(f"'{file_id}' is listed for {seen[file_id]} and for {split}: take it out of one list")


def _recipe(lists: Mapping[str, Sequence[Path]], ids: Mapping[str, Sequence[str]]) -> dict[str, object]:
    """What the selection is made from: the lists' names, and a hash of what they say."""
    names = " ".join(f"{split}={file.name}" for split, files in lists.items() for file in files)
    said = "\n".join(f"{split}\t{file_id}" for split in sorted(ids) for file_id in ids[split])
    return {"recipe": f"lists: {names}", "recipe_hash": hashlib.sha256(said.encode()).hexdigest()}
