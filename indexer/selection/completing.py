"""Look at all images of a selection, whoever made it: a list of ids comes without hashes."""

from indexer.selection.choosing import workbench
from indexer.selection.inspecting import Inspector
from indexer.store import Store


def inspect_selection(store: Store, name: str, inspector: Inspector) -> int:
    """Inspect those images of selection ``name``, spares too, that nobody looked at; returns how many these were.

    Raises:
        SourceError: a container vanished or changed since the scan. What was found until then is kept.
    """
    with workbench(store):
        store.save("work.pool", "select/selected", {"name": name})
        return inspector(store)
