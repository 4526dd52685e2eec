"""Read a recipe that consists of a query: TOML with ``sql``, and without numbers of images per generator or stratum.

::

    sql = "select file_id from manifest where width >= 512"
    seed = 7                              # default: 0
    sample = 1000                         # default: all images of the query
    tables.scores = "scores.csv"          # a further table for the query; the path is below the recipe's folder

    [split]
    train = 0.8
    validation = 0.2
    group_by = ["description"]

    [align]                               # as in other recipes
    jpeg = 96

The record of a selection by query (``recipe.toml`` of an export) is such a recipe, too.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from indexer.base.errors import RecipeError
from indexer.base.toml_fields import Fields, Problems
from indexer.images.rendition import rendition_of
from indexer.selection.query_recipe import DEFAULT_SEED, QueryRecipe, sha256_of_table

_NUMBERS = ("per_generator", "per_stratum", "quotas")
_LARGEST = 10**12


def load(path: Path) -> QueryRecipe | None:
    """Return the query of a recipe; None if the file is a recipe of another kind, or cannot be read.

    Raises:
        RecipeError: the query's recipe is wrong; the message lists every problem.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return None
    if "sql" not in table or any(key in table for key in _NUMBERS):
        return None
    problems = Problems()
    recipe = _recipe(Fields(table, str(path), "", problems), path.parent)
    problems.refuse(RecipeError)
    return recipe


def _recipe(top: Fields, folder: Path) -> QueryRecipe:
    split = top.below("split", top.table("split"))
    groups = [*(top.texts("groups", distinct=True) or ()), *(split.texts("group_by", distinct=True) or ())]
    splits = {name: split.number(name, 0, (0, 1)) for name in split.values if name != "group_by"}
    tables = _tables(top.below("tables", top.table("tables")), folder)
    sql, seed, sample = (
        top.text("sql"),
        top.text_or_integer("seed", DEFAULT_SEED),
        top.integer("sample", None, (1, _LARGEST)),
    )
    align = rendition_of(top.below("align", top.table("align")))
    top.close()
    top.problems.refuse(RecipeError)
    return QueryRecipe(sql, seed, sample, splits, tuple(dict.fromkeys(groups)), tables, align=align)


def _tables(fields: Fields, folder: Path) -> Mapping[str, Path]:
    """Return the files of the query's tables. A file whose sha256 is given must have it."""
    tables = {}
    for name in fields.values:
        if not (name.isidentifier() and name.isascii()):
            fields.problem(f"'{name}' is no name of a table: use letters, digits and '_'")
        is_table = isinstance(fields.values[name], dict)
        own = fields.below(f"tables.{name}", fields.table(name)) if is_table else fields
        file = folder / own.text("file" if is_table else name)
        digest = own.text("sha256") if is_table else ""
        if is_table:
            own.close()
        if digest and sha256_of_table(file) != digest:
            own.problem(f"{file} is not the file of the record: its sha256 is another one")
        tables[name.lower()] = file
    return tables
