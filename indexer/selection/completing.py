"""Look at images of a selection, whoever made it: a list of ids comes without hashes, and some images without sizes."""

from indexer.manifest.store import Store, require_selection
from indexer.selection.choosing import workbench
from indexer.selection.inspecting import Inspector


def inspect_selection(store: Store, name: str, inspector: Inspector) -> int:
    """Inspect those images of selection ``name``, spares too, that nobody looked at; returns how many these were.

    Raises:
        RecipeError: there is no such selection.
        SourceError: a container vanished or changed since the scan. What was found until then is kept.
    """
    require_selection(store, name)
    return _inspect(store, "select/selected", name, inspector)


def inspect_unsized(store: Store, name: str, inspector: Inspector) -> int:
    """Inspect those images of selection ``name`` whose size only reading tells; returns how many these were.

    Raises:
        SourceError: as :func:`inspect_selection`.
    """
    return _inspect(store, "select/unsized", name, inspector)


def has_unsized(store: Store, name: str) -> bool:
    """Whether :func:`inspect_unsized` would find images to look at."""
    return bool(store.rows("select/unsized", {"name": name}))


def inspect_again(store: Store, inspector: Inspector) -> int:
    """Look again at every image that could not be read, ended its reader or was over a limit; returns how many.

    Their verdicts go first: an image that an interruption leaves without one is looked at by whoever needs it next.

    Raises:
        SourceError: as :func:`inspect_selection`.
    """
    with workbench(store):
        store.save("work.pool", "select/doubtful")
        store.execute("delete from inspection where member_id in (select member_id from work.pool)")
        return inspector(store)


def _inspect(store: Store, pool: str, name: str, inspector: Inspector) -> int:
    with workbench(store):
        store.save("work.pool", pool, {"name": name})
        return inspector(store)
