"""Run the query of a selection in the sandbox.

The texts of a query are untrusted. They run in a process that can only read the manifest, never in this one.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa

from indexer.base.errors import QueryError, RecipeError
from indexer.manifest import sandbox
from indexer.manifest.sql_text import literal, quoted
from indexer.selection.query_recipe import QueryRecipe
from indexer.selection.query_text import expression, subquery, trimmed

_SCHEMA = pa.schema(
    [("file_id", pa.string()), ("split", pa.string()), ("role", pa.string()), ("groups", pa.list_(pa.string()))]
)
_READ = ("file_id", "split", "role")
# Of more images, only the rows that a sample may need are returned: its size with a margin for unusable images.
ALL_RETURNED = 1_000_000
_MARGIN, _MARGIN_LEFT = 1.5, 1.2
_SELECT = re.compile(r"(?:\s|\(|--[^\n]*\n|/\*.*?\*/)*(?:select|with|from|values|table|pivot|unpivot)\b", re.I | re.S)


def rows_of(manifest: Path, recipe: QueryRecipe, images: int = 0) -> pa.Table:
    """Return the rows of the query: ``file_id``, ``split`` and ``role`` (null if it returns none), and ``groups``.

    ``groups`` has the value of each group expression as text. ``manifest`` must not be open for writing. ``images`` is
    the number of its images, if known: of a large manifest, only the rows that a sample may need are returned.

    Raises:
        QueryError: the query is no SELECT, is wrong, or exceeds a limit.
        RecipeError: it returns no ``file_id``, two columns of one name that is read, or splits in addition to those of
            ``recipe``.
    """
    columns = columns_of(manifest, recipe.sql, recipe.limits, recipe.tables, (*_READ, *recipe.groups))
    if "split" in columns and recipe.splits:
        raise RecipeError("the query returns a column split: leave it out, or give no fractions for splits")
    share = _MARGIN * recipe.sample / images if recipe.sample and images > ALL_RETURNED else 1.0
    while True:
        rows = _run(manifest, recipe, columns, share)
        if share >= 1 or rows.num_rows >= _MARGIN_LEFT * (recipe.sample or 0):
            return rows
        share *= _MARGIN * (recipe.sample or 0) / max(rows.num_rows, 1)


def columns_of(
    manifest: Path,
    sql: str,
    limits: sandbox.QueryLimits,
    tables: Mapping[str, Path] = MappingProxyType({}),
    read: Sequence[str] = ("file_id",),
) -> dict[str, str]:
    """Return the columns that a query returns, ``file_id`` among them: name in lower case -> name as written.

    Raises:
        QueryError: the query is no SELECT, or is wrong.
        RecipeError: it returns no ``file_id``, or two columns of one name in ``read``: only the first would count.
    """
    if not _SELECT.match(sql):
        raise QueryError("give one SELECT that returns a column file_id: a query only reads the manifest")
    with sandbox.query(manifest, f"describe\n{trimmed(sql)}", limits, tables) as result:
        described = pa.Table.from_batches(result.batches, result.schema)
    names = described.column("column_name").to_pylist()
    columns = {name.lower(): name for name in names}
    if "file_id" not in columns:
        raise RecipeError(f"the query must return a column file_id; it returns {', '.join(columns.values())}")
    counts = Counter(map(str.lower, names))
    for name in map(str.lower, read):
        if counts[name] > 1:
            raise RecipeError(f"the query returns {counts[name]} columns named {name}: name the one that you mean")
    return columns


def check_expression(manifest: Path, text: str, what: str, limits: sandbox.QueryLimits) -> None:
    """Raise QueryError, with ``what`` in front, if a text is no SQL expression over the manifest."""
    try:
        with sandbox.query(manifest, f"describe select file_id, {expression(text)} from manifest", limits) as result:
            list(result.batches)
    except QueryError as error:
        raise QueryError(f"{what} {text!r}: {error}") from error


def _run(manifest: Path, recipe: QueryRecipe, columns: Mapping[str, str], share: float) -> pa.Table:
    try:
        with sandbox.query(manifest, _wrapped(recipe, columns, share), recipe.limits, recipe.tables) as result:
            return pa.Table.from_batches(result.batches, result.schema).cast(_SCHEMA)
    except QueryError:
        for group in (text for text in recipe.groups if text.lower() not in columns):
            check_expression(manifest, group, "group", recipe.limits)
        raise


def _wrapped(recipe: QueryRecipe, columns: Mapping[str, str], share: float) -> str:
    """Return a query over the user's query that returns the columns of ``_SCHEMA``.

    Of its rows, the first ``share`` in the order of sql/select/by_query/sample.sql is returned.

    Texts of the user are followed by a line break, which ends a comment.
    """
    own = {text: f"r.{quoted(columns[text.lower()])}" for text in recipe.groups if text.lower() in columns}
    of_manifest = [text for text in recipe.groups if text not in own]
    values = own | {text: f"m.group_{number}" for number, text in enumerate(of_manifest)}
    groups = ", ".join(f"{values[text]}::varchar" for text in recipe.groups)
    optional = [f"{f'r.{name}' if name in columns else 'null'}::varchar as {name}" for name in ("split", "role")]
    text = (
        f"with returned as {subquery(recipe.sql)}\n"
        f"select r.file_id::varchar as file_id, {', '.join(optional)}, [{groups}]::varchar[] as groups\n"
        "from returned r"
    )
    bound = (
        f"\nwhere md5({literal(recipe.seed)} || r.file_id::varchar) < '{int(share * 2**32):08x}'" if share < 1 else ""
    )
    if not of_manifest:
        return text + bound
    expressions = ", ".join(f"{expression(one)} as group_{number}" for number, one in enumerate(of_manifest))
    joined = f"select file_id, {expressions} from manifest where status <> 'duplicate_id'"
    return f"{text}\nleft join (\n{joined}\n) m on m.file_id = r.file_id::varchar{bound}"
