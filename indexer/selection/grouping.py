"""Group images: connected components of the graph of all their relations. A group is the unit of the split."""

from collections.abc import Mapping

from indexer.base.errors import RecipeError
from indexer.manifest.store import Parameters, Store
from indexer.selection.models import UnevenSplit
from indexer.selection.near_looks import add_near
from indexer.selection.recipe import Recipe
from indexer.selection.splitting import split_units
from indexer.selection.windows import split_groups
from indexer.selection.working_tables import put


def group_images(store: Store, parameters: Parameters, fractions: Mapping[str, float]) -> None:
    """Save the group of each selected image, and of each that is related to one, in ``work.image_group``.

    Raises:
        RecipeError: a group has more images than any split may have.
    """
    store.save("work.tied", "select/split/tied", parameters)
    if parameters["radius"] >= 0:
        store.save("work.phash", "select/split/phashes")
        add_near(store, parameters["radius"], is_turned=parameters["turned"])
    for table, step in (("grouped", "grouped"), ("edge", "edges"), ("node", "nodes"), ("image_group", "groups")):
        store.save(f"work.{table}", f"select/split/{step}", parameters)
    store.save("work.fixed_split", "select/split/fixed")
    _check_largest_group(store, fractions)


def _check_largest_group(store: Store, fractions: Mapping[str, float]) -> None:
    """Refuse a group that fits into no split. Groups of related images alone are reported as uneven instead."""
    put(store, "fraction", list(fractions.items()))
    if not store.count("work.grouped"):
        return
    for example, images, split, room in store.rows("select/split/largest_group"):
        raise RecipeError(
            f"the group of '{example}' has {images:,} images, more than the largest split '{split}' may have"
            f" ({room:,}): set group_by to something finer, select more, or give other fractions"
        )


def split_fakes(store: Store, recipe: Recipe) -> tuple[UnevenSplit, ...]:
    """Assign every group that holds a fake to a split, in ``work.group_split``; returns the generators that are off."""
    if recipe.windows:
        split_groups(store)
        return ()
    store.save("work.unit", "select/split/units_fakes", {"of_spares": False})
    uneven = split_units(store, recipe.seed, recipe.splits)
    store.save_query("work.group_split", "from work.unit_split")
    store.save("work.unit", "select/split/units_fakes", {"of_spares": True})
    split_units(store, recipe.seed, recipe.splits)
    store.execute("insert into work.group_split from work.unit_split")
    return uneven
