"""Keep the images of an earlier selection in their splits.

``work.earlier`` has its images (file_id, split), spares included; empty if none is extended.
"""

from collections.abc import Collection

from indexer.base.errors import RecipeError
from indexer.manifest.store import Store, require_selection


def read_earlier(store: Store, name: str | None, splits: Collection[str]) -> None:
    """Fill ``work.earlier`` with the selection ``name``, if any is extended. ``splits``: those of the new selection.

    Raises:
        RecipeError: there is no such selection, or it has a split that the new one lacks.
    """
    if name is None:
        return
    require_selection(store, name)
    store.save("work.earlier", "select/split/earlier", {"name": name})
    found = sorted(split for (split,) in store.execute("select distinct split from work.earlier"))
    lacking = [split for split in found if split not in splits]
    if lacking:
        raise RecipeError(
            f"--extend {name}: that selection has the split '{lacking[0]}', the new one has {', '.join(splits)}: give"
            " the same splits"
        )
