"""Store a finished selection in the manifest, or remove one."""

from typing import Any

from indexer.manifest.store import Parameters, Store
from indexer.selection.models import Counts


def replace(store: Store, run: Parameters, excluded: str) -> None:
    """Store ``work.result``, and the rows of step ``excluded``, as selection ``run["name"]``, in one transaction."""
    with store.transaction():
        forget(store, str(run["name"]))
        store.execute("insert into selection by name select * exclude (member_id) from work.result")
        store.append("selection_excluded", excluded, run)
        store.append("selection_run", "select/result/run", run)


def forget(store: Store, name: str) -> None:
    """Delete all rows of a selection, those of an import under its name included."""
    for table in ("selection", "selection_run", "selection_excluded", "shared_row"):
        store.execute(f"delete from {table} where name = $name", {"name": name})


def counts(rows: list[tuple[Any, ...]]) -> Counts:
    """Return rows of two texts and a number as ``Counts``."""
    return tuple((first, second, int(images)) for first, second, images in rows)
