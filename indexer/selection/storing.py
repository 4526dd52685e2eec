"""Store a finished selection in the manifest, or remove one."""

from datetime import UTC, datetime
from typing import Any

from indexer.base.errors import ManifestError, RecipeError
from indexer.manifest.store import Parameters, Store, require_selection
from indexer.selection.models import Counts

ALGORITHM = "4"
"""Version of the steps of sql/select: with the same recipe and manifest, equal versions select equal images.

4: matched fakes have spares, and a split that is to have half an image has one. 3: copies of a picture have one rank.
2: splits by the hash of a group. 1: splits by rank.
"""


def require_free(store: Store, name: str, *, force: bool = False) -> None:
    """Check that a selection ``name`` may be made: the manifest has images, and the name is free or ``force`` is set.

    Raises:
        ManifestError: no image was scanned yet.
        RecipeError: there is a selection of that name.
    """
    if not store.count("attributes"):
        raise ManifestError(f"{store.path} has no image: run 'python -m indexer scan' first")
    if not force and (name,) in store.rows("selections"):
        raise RecipeError(
            f"there is a selection '{name}' in {store.path}: choose another --name, or replace it with --force"
        )


def replace(store: Store, run: Parameters, excluded: str) -> None:
    """Store ``work.result``, and the rows of step ``excluded``, as selection ``run["name"]``, in one transaction."""
    with store.transaction():
        forget(store, str(run["name"]))
        store.execute("insert into selection by name select * exclude (member_id) from work.result")
        store.append("selection_excluded", excluded, run)
        record_run(store, run)


def record_run(store: Store, run: Parameters) -> None:
    """Store what the selection ``run["name"]`` was made from, and the time."""
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    defaults = {"extends": None, "algorithm": ALGORITHM}
    store.append("selection_run", "select/result/run", {**defaults, **run, "made_at": now})


def drop(store: Store, name: str) -> int:
    """Delete the selection ``name``, which may be empty; return the number of its images.

    Raises:
        RecipeError: there is no such selection.
    """
    images = {found: int(count) for found, count, *_ in store.rows("select/selections")}
    if name not in images:
        require_selection(store, name)
    with store.transaction():
        forget(store, name)
    return images[name]


def forget(store: Store, name: str) -> None:
    """Delete all rows of a selection, those of an import under its name included."""
    for table in (
        "selection",
        "selection_run",
        "selection_excluded",
        "selection_bin",
        "selection_pair",
        "selection_trait",
        "selection_shortcut",
        "selection_histogram",
        "shared_row",
    ):
        store.execute(f"delete from {table} where name = $name", {"name": name})


def counts(rows: list[tuple[Any, ...]]) -> Counts:
    """Return rows of two texts and a number as ``Counts``."""
    return tuple((first, second, int(images)) for first, second, images in rows)
