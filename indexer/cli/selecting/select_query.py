"""``indexer select --sql``: make a selection from a query."""

from collections.abc import Mapping
from typing import Any

import click

from indexer.base.errors import CheckFailed, ConfigError
from indexer.cli.options.common import CommonOptions, with_options
from indexer.cli.options.query_options import query_limits, query_tables, query_text
from indexer.cli.printing.messages import print_message, printable
from indexer.cli.selecting.show_selection import show_counts, show_missing
from indexer.manifest.sql_text import literal
from indexer.selection.by_query import Queried, select_query
from indexer.selection.query_recipe import DEFAULT_SEED, QueryRecipe
from indexer.selection.query_rows import ALL_RETURNED, rows_of
from indexer.selection.storing import require_free
from indexer.selection.unread_columns import unread_columns

sampling_options = with_options((
    click.option("--sample", type=click.IntRange(min=1), metavar="N", help="Draw N of the query's images."),
    click.option("--split", "splits", multiple=True, metavar="NAME=FRACTION",
                 help="Divide the images; the fractions sum to 1.  [default: train=1]"),
    click.option("--group", "groups", multiple=True, metavar="EXPRESSION",
                 help="Keep images with an equal value in one split: a column of the query, or SQL over the manifest."),
    click.option("--seed", metavar="TEXT", help=f"Another seed gives another selection.  [default: {DEFAULT_SEED}]"),
))  # fmt: skip
"""Add the options that apply to --sql only."""


def recipe_of(options: CommonOptions, given: Mapping[str, Any]) -> QueryRecipe:
    """Return the recipe that the options describe. Raises ConfigError, QueryError and RecipeError."""
    return QueryRecipe(
        query_text(given["query"]),
        seed=DEFAULT_SEED if given["seed"] is None else given["seed"],
        sample=given["sample"],
        splits=_fractions(given["splits"]),
        groups=tuple(dict.fromkeys(given["groups"])),
        tables=query_tables(given["tables"]),
        limits=query_limits(given, options.jobs),
        extend=given["extend"],
    )


def select(options: CommonOptions, recipe: QueryRecipe, name: str, *, force: bool) -> None:
    """Make the selection ``name``, and print it. Raises CheckFailed if images are missing."""
    with options.changing() as store:
        unread = unread_columns(store, (recipe.sql, *recipe.groups))
    if unread:
        print_message(unread, event="warning", prefix="warning: ")
    queried = run(options, recipe, name, force=force)
    _show(queried)
    problems = []
    if missing := sum(group.images for group in queried.missing):
        problems.append(f"{missing:,} images that the query returns are unknown or unusable, and not selected")
    if recipe.sample and queried.usable < recipe.sample:
        problems.append(
            f"the sample has {queried.usable:,} images instead of {recipe.sample:,}: the query returns no more"
        )
    if problems:
        raise CheckFailed("; ".join(problems))


def run(options: CommonOptions, recipe: QueryRecipe, name: str, *, force: bool) -> Queried:
    """Make the selection ``name``. Raises RecipeError, QueryError."""
    with options.changing() as store:
        require_free(store, name, force=force)
        images = store.count("attributes")
    queried = _select(options, recipe, name, images)
    if images > ALL_RETURNED and queried.usable < (recipe.sample or 0):  # too many of the rows that were read are bad
        queried = _select(options, recipe, name, 0)
    return queried


def _select(options: CommonOptions, recipe: QueryRecipe, name: str, images: int) -> Queried:
    rows = rows_of(options.manifest, recipe, images)  # the sandbox needs a manifest that no process writes to
    with options.changing() as store:
        return select_query(store, recipe, rows, name)


def _show(queried: Queried) -> None:
    show_counts(f"Selection '{queried.name}'", ("split", "role"), queried.counts)
    show_missing("Images of the query that are missing", queried.missing)
    found: dict[str, int] = {}
    for split, _, images in queried.counts:
        found[split] = found.get(split, 0) + images
    for split, target in queried.targets.items():
        if abs(found.get(split, 0) - target) > 1:
            print(f"{split}: {found.get(split, 0):,} images instead of {target:,}, because groups are not divided")
    print("Its rows, also in the DuckDB shell:")
    named = f"name = {literal(queried.name)}"
    print(printable(f"  select split, role, file_id from selection where {named} order by split, position;"))


def _fractions(given: tuple[str, ...]) -> dict[str, float]:
    """Return the values of --split by name."""
    fractions: dict[str, float] = {}
    for text in given:
        name, _, number = text.partition("=")
        try:
            fraction = float(number)
        except ValueError:
            raise ConfigError(f"--split {text}: write it as NAME=FRACTION, as in train=0.8") from None
        if name in fractions:
            raise ConfigError(f"--split {text}: the split '{name}' is given twice")
        fractions[name] = fraction
    return fractions
