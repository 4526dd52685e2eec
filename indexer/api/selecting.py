"""Make selections from a query, from lists of file_ids or from a recipe."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace

from indexer.base.config import expanded
from indexer.base.errors import ConfigError
from indexer.base.selection_terms import SPLIT_NAME_HINT, WRONG_SELECTION_NAME, is_selection_name, is_split_name
from indexer.cli.options.common import CommonOptions
from indexer.cli.options.inspector import inspector
from indexer.cli.options.query_options import query_text
from indexer.cli.selecting import select_query, select_recipe
from indexer.manifest.sandbox import QueryLimits
from indexer.selection import query_file
from indexer.selection import recipe as recipes
from indexer.selection.by_list import Listed, select_listed
from indexer.selection.by_query import Queried
from indexer.selection.id_lists import ids_of
from indexer.selection.models import Selected
from indexer.selection.query_recipe import QueryRecipe
from indexer.selection.storing import require_free

Ids = Iterable[str] | str | os.PathLike[str]


def select_by_query(options: CommonOptions, recipe: QueryRecipe, name: str, *, force: bool) -> Queried:
    """Make the selection ``name`` from a query. Raises RecipeError, QueryError."""
    _check_name(name)
    return select_query.run(options, recipe, name, force=force)


def select_by_ids(options: CommonOptions, ids: Mapping[str, Ids], name: str, *, force: bool) -> Listed:
    """Make the selection ``name`` from the file_ids of each split: iterables of texts, or files. Raises RecipeError."""
    _check_name(name)
    if not isinstance(ids, Mapping):
        raise ConfigError("ids: name the split of the file_ids, as in ids={'train': [...]}")
    wrong = [split for split in ids if not is_split_name(split)]
    if wrong:
        raise ConfigError(f"{wrong[0]!r} is no name of a split: {SPLIT_NAME_HINT}")
    lists = {
        split: ids_of(expanded(os.fspath(given))) if isinstance(given, str | os.PathLike) else list(map(str, given))
        for split, given in ids.items()
    }
    with options.changing() as store:
        require_free(store, name, force=force)
        return select_listed(store, lists, name)


def select_by_recipe(
    options: CommonOptions,
    recipe: str | os.PathLike[str],
    name: str,
    *,
    extend: str | None,
    force: bool,
) -> Selected | Queried:
    """Make the selection ``name`` by a recipe: a TOML file, or the name of a recipe of this project.

    The images of the selection ``extend`` keep their splits.

    Raises:
        RecipeError: the recipe cannot be met, or selects no image.
    """
    _check_name(name)
    file = recipes.find(os.fspath(recipe))
    limits = QueryLimits(threads=options.jobs)
    if query := query_file.load(file):
        return select_query.run(options, replace(query, limits=limits, extend=extend), name, force=force)
    choices = replace(recipes.load(file), extend=extend)
    with options.changing() as store:
        require_free(store, name, force=force)
    return select_recipe.select(options, choices, name, inspector(options), limits)


def query_recipe(
    sql: str, seed: str | int, sample: int | None, splits: Mapping[str, float], group: str | Iterable[str]
) -> QueryRecipe:
    """Return the recipe of a query: a SELECT, or a file whose name ends with .sql. Raises ConfigError, QueryError."""
    if not isinstance(splits, Mapping):
        raise ConfigError(f"split={splits!r}: give fractions by name, as in {{'train': 0.8, 'validation': 0.2}}")
    groups = (group,) if isinstance(group, str) else tuple(group)
    return QueryRecipe(query_text(sql), seed=str(seed), sample=sample, splits=dict(splits), groups=groups)


def _check_name(name: str) -> None:
    if not is_selection_name(name):
        raise ConfigError(f"name={name!r} {WRONG_SELECTION_NAME}")
