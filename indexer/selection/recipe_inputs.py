"""Evaluate the SQL of a recipe in the sandbox, before the manifest is opened for writing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from indexer.base.errors import QueryError, RecipeError
from indexer.manifest import sandbox
from indexer.manifest.store import Store
from indexer.selection.query_rows import check_expression, columns_of
from indexer.selection.query_text import expression, subquery
from indexer.selection.recipe import Recipe

_SCHEMA = pa.schema([("file_id", pa.string()), ("stratum", pa.string()), ("groups", pa.list_(pa.string()))])
_NO_VALUE = "(none)"  # the stratum of images for which an expression is NULL or empty


@dataclass(frozen=True, slots=True)
class RecipeInputs:
    """What a recipe needs beside the open manifest.

    ``eligible``: file_id, stratum and groups of the images that fulfil the recipe; None if it has no SQL. ``exports``:
    exports that ``exclude`` names, with the columns file_id, hash and pixel_hash.
    """

    eligible: pa.Table | None = None
    exports: Mapping[str, pa.Table] = field(default_factory=dict)


NO_INPUTS = RecipeInputs()


def fill_inputs(store: Store, inputs: RecipeInputs) -> None:
    """Fill ``work.eligible`` and ``work.exported``."""
    tables = {"work.eligible": inputs.eligible, "work.exported": _joined(inputs.exports)}
    for table, rows in tables.items():
        if rows is not None:
            with store.registered("incoming", rows):
                store.execute(f"insert into {table} by name from incoming")


def _joined(exports: Mapping[str, pa.Table]) -> pa.Table | None:
    columns = ["file_id", "hash", "pixel_hash"]
    return pa.concat_tables(rows.select(columns) for rows in exports.values()) if exports else None


def eligible(manifest: Path, recipe: Recipe, limits: sandbox.QueryLimits) -> pa.Table | None:
    """Return the images for which the SQL of ``recipe`` is true, with strata and groups; None if it has no SQL.

    ``manifest`` must not be open for writing.

    Raises:
        RecipeError: an expression is wrong or exceeds a limit, or no image fulfils the recipe.
    """
    if not recipe.filters.has_sql:
        return None
    try:
        if recipe.filters.sql:
            columns_of(manifest, recipe.filters.sql, limits)
    except (QueryError, RecipeError) as error:
        raise RecipeError(f"the recipe's sql: {error}") from error
    try:
        with sandbox.query(manifest, _query(recipe), limits) as result:
            rows = pa.Table.from_batches(result.batches, result.schema).cast(_SCHEMA)
    except QueryError as error:
        _name_wrong_key(manifest, recipe, limits)
        raise RecipeError(f"the recipe's SQL: {error}") from error
    if not rows.num_rows:
        raise RecipeError(
            f"no image of {manifest} fulfils the recipe's sql, where and require; sizes and formats are known after"
            " 'python -m indexer inspect --all'"
        )
    return rows


def _name_wrong_key(manifest: Path, recipe: Recipe, limits: sandbox.QueryLimits) -> None:
    """Raise RecipeError if one of the recipe's texts is wrong by itself; the message names its key."""
    filters = recipe.filters
    keys = [("where", filters.where), *(("strata", one) for one in filters.strata),
            *(("group_by", one) for one in filters.group_by)]  # fmt: skip
    for key, text in keys:
        if text:
            try:
                check_expression(manifest, text, f"the recipe's {key}", limits)
            except QueryError as error:
                raise RecipeError(str(error)) from error


def _query(recipe: Recipe) -> str:
    """Return one SELECT."""
    strata = recipe.filters.strata or (("generator",) if recipe.filters.every_label else ())
    values = ", ".join(f"coalesce(nullif({expression(one)}::varchar, ''), '{_NO_VALUE}')" for one in strata)
    stratum = f"concat_ws(' / ', {values})" if strata else "null::varchar"
    groups = ", ".join(f"{expression(one)}::varchar" for one in recipe.filters.group_by)
    conditions = [f"(label = 0 or {name} <> '')" for name in recipe.filters.require if name != "description"]
    conditions += ["description <> ''"] if "description" in recipe.filters.require else []
    conditions += [expression(recipe.filters.where)] if recipe.filters.where else []
    if recipe.filters.sql:
        conditions.append(f"file_id in (select q.file_id::varchar from {subquery(recipe.filters.sql)} q)")
    return (
        f"select file_id, {stratum} as stratum, [{groups}]::varchar[] as groups\n"
        f"from manifest\nwhere status <> 'duplicate_id' and {' and '.join(conditions) or 'true'}"
    )
