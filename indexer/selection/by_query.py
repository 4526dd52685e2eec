"""Make a selection from an SQL query.

::

    query_recipe    the query with sample, splits and groups, and its record
    query_rows      the sandbox: query -> rows
    by_query        rows -> selection
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from indexer.base.errors import RecipeError
from indexer.base.selection_terms import ROLES
from indexer.manifest.store import Store
from indexer.selection import storing
from indexer.selection.by_list import MissingCount, find_listed
from indexer.selection.extending import read_earlier
from indexer.selection.models import Counts
from indexer.selection.query_recipe import ONE_SPLIT, QueryRecipe, check_split_name
from indexer.selection.splitting import split_units
from indexer.selection.unread_columns import unread_columns
from indexer.selection.working_tables import working_tables


@dataclass(frozen=True, slots=True)
class Queried:
    """The result of a selection by query.

    ``counts`` has one row per (split, role). ``missing`` counts the images that the query returned and that cannot be
    selected. ``usable`` is the number of the others, and ``targets`` the number of images that each split should have.
    """

    name: str
    counts: Counts
    missing: tuple[MissingCount, ...]
    usable: int
    targets: Mapping[str, int]


def select_query(store: Store, recipe: QueryRecipe, rows: pa.Table, name: str) -> Queried:
    """Store the selection ``name`` of the images in ``rows``, which :func:`query_rows.rows_of` returned.

    Sample and splits follow hashes of the seed and the file_ids, never the order of ``rows``.

    Raises:
        RecipeError: the rows have an invalid split or role, an image has two, no image is usable, a split would be
            empty, the extended selection has a split that has no images here, or a group has more images than any split
            may have. The manifest is unchanged.
    """
    parameters = {
        "name": name,
        "seed": recipe.seed,
        "sample": recipe.sample,
        "role": "listed" if recipe.sample is None else "sampled",
        "substitute": None,
        "recipe": recipe.text,
        "recipe_hash": recipe.hash,
        "made_from": "query",
        "extends": recipe.extend,
    }
    with working_tables(store):
        splits = {split: fraction for split, fraction in (recipe.splits or ONE_SPLIT).items() if fraction}
        read_earlier(store, recipe.extend, splits)
        with store.registered("incoming", rows):
            store.save_query("work.returned", "from incoming")
        _check_rows(store)
        usable = _find(store, recipe, parameters)
        goal = _split(store, recipe, splits)
        store.save("work.result", "select/by_query/result", parameters)
        storing.replace(store, parameters, "select/by_list/excluded")
        missing = tuple(MissingCount(*row) for row in store.rows("select/by_list/missing_counts"))
        counts = storing.counts(store.rows("select/result/counts", parameters))
        return Queried(name, counts, missing, usable, goal)


def _check_rows(store: Store) -> None:
    """Check splits and roles."""
    splits = {split for (split,) in store.execute("select distinct split from work.returned")}
    for split in splits if splits != {None} else ():
        check_split_name(split)
    for (role,) in store.execute("select distinct role from work.returned where role is not null order by role"):
        if role not in ROLES:
            raise RecipeError(f"the query returns a role {role!r}: there are {', '.join(ROLES)}")
    for file_id, splits, roles in store.rows("select/by_query/twice"):
        values = f"splits {' and '.join(splits)}" if len(splits) > 1 else f"roles {' and '.join(roles)}"
        raise RecipeError(f"the query returns '{file_id}' with the {values}: return each image once")


def _find(store: Store, recipe: QueryRecipe, parameters: Mapping[str, object]) -> int:
    """Fill ``work.found``, ``work.missing`` and ``work.sample``; return the number of usable images."""
    store.save_query("work.listed", "select distinct split, coalesce(file_id, '') as file_id from work.returned")
    usable, missing = find_listed(store, parameters)
    if not usable:
        returned = "no row"
        for file_id, reason in store.execute("select file_id, reason from work.missing order by all limit 1"):
            returned = f"{missing:,} unknown or unusable images, such as '{file_id}' ({reason})"
        unread = unread_columns(store, (recipe.sql, *recipe.groups))
        raise RecipeError(f"the query returns {returned}: nothing is selected{f'; {unread}' if unread else ''}")
    store.save("work.sample", "select/by_query/sample", parameters)
    return usable


def _split(store: Store, recipe: QueryRecipe, splits: Mapping[str, float]) -> dict[str, int]:
    """Fill ``work.image_split``; return the number of images that each split should have by its fraction."""
    if store.execute("select count(split) from work.sample") != [(0,)]:
        if recipe.extend:
            raise RecipeError(f"--extend {recipe.extend}: the query returns splits itself")
        store.save_query("work.image_split", "select file_id, split from work.sample")
        return {}
    _group(store, recipe)
    images, groups, largest, example = store.rows("select/by_query/unit_counts")[0]
    goal = {name: round(images * fraction) for name, fraction in splits.items()}
    _check_largest(largest, example, goal)
    store.save("work.fixed_split", "select/split/fixed")
    for file_id, split, other in store.rows("select/by_query/moved"):
        raise RecipeError(
            f"'{file_id}' is in the split '{split}' of '{recipe.extend}', and its group is in '{other}': group by"
            " something finer"
        )
    split_units(store, recipe.seed, splits)
    store.save("work.image_split", "select/by_query/splits")
    filled = {split for (split,) in store.execute("select distinct split from work.image_split")}
    for name, fraction in splits.items():
        if name not in filled:
            raise RecipeError(
                f"the split '{name}' stays empty: {images:,} images in {groups:,} groups are too few for its fraction"
                f" {fraction:g}; select more images, or set it to 0"
            )
    return goal


def _group(store: Store, recipe: QueryRecipe) -> None:
    """Fill ``work.image_group`` and ``work.unit``."""
    if recipe.groups:
        store.save("work.edge", "select/by_query/edges")
        store.save("work.node", "select/by_query/nodes")
        store.save("work.image_group", "select/split/groups")
    else:
        store.save_query("work.image_group", "select file_id, file_id as group_id from work.sample")
    store.save("work.unit", "select/by_query/units")


def _check_largest(largest: int, example: str, goal: Mapping[str, int]) -> None:
    """Refuse a group that fits into no split."""
    split = max(goal, key=lambda name: goal[name])
    if largest > goal[split]:
        raise RecipeError(
            f"the group of '{example}' has {largest:,} images, more than the largest split '{split}' may have"
            f" ({goal[split]:,}): group by something finer, or give other fractions"
        )
