"""Exclude the pictures of other selections, sources and exports from a selection."""

from collections.abc import Mapping, Sequence
from typing import Any

from indexer.base.errors import RecipeError
from indexer.base.suggestions import nearest
from indexer.manifest.store import Store
from indexer.selection.models import Inspect


def exclude(store: Store, parameters: Mapping[str, Any], inspect: Inspect) -> None:
    """Inspect the pictures of the selections and sources in ``parameters["exclude"]``, and fill ``work.excluded``.

    ``work.exported`` has the pictures of exports. ``work.excluded_content`` gets the hashes of all.

    Raises:
        RecipeError: a name is no selection and no source.
    """
    names = parameters["exclude"]
    if not names and not store.count("work.exported"):
        return
    selections = selections_among(store, names, "exclude: ")
    named = {
        **parameters,
        "excluded_selections": [name for name in names if name in selections],
        "excluded_sources": [name for name in names if name not in selections],
    }
    store.save("work.pool", "select/excluded/images", named)
    inspect(store)
    store.save("work.excluded", "select/excluded/images", named)
    store.save("work.excluded_content", "select/excluded/contents")


def selections_among(store: Store, names: Sequence[str], where: str = "") -> list[str]:
    """Return those of ``names`` that are selections; the others are sources. ``where`` is the start of a message.

    Raises:
        RecipeError: a name is neither.
    """
    selections = [name for (name,) in store.rows("selections")]
    sources = [source for (source,) in store.rows("select/excluded/sources")]
    for name in names:
        if name not in selections and name not in sources:
            hint = nearest(name, [*selections, *sources])
            raise RecipeError(f"{where}'{name}' is no selection, no source and no export: {hint}")
    return [name for name in names if name in selections]
