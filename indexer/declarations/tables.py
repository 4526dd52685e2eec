"""A table that rules look things up in -> a SELECT with one row a key."""

from collections.abc import Sequence

from indexer.declarations import templates
from indexer.declarations.models import Chain, Placeholder, Table
from indexer.declarations.sql import indented, literal, quoted

# What is known of a row beside its own columns: where it stands.
_PLACES = {
    "@path": r"regexp_replace(path, '\.[^./]*$', '')",
    "@stem": r"regexp_replace(split_part(path, '/', -1), '\.[^.]*$', '')",
    "@folder": "regexp_replace(path, '/?[^/]*$', '')",
    "@parent": "split_part(path, '/', -2)",
    "@line": "cast(line as varchar)",
    "@number": "cast(line + 1 as varchar)",
    "@record": "path || ':' || line",
}


def name(table: str) -> str:
    """The name of a table's SELECT."""
    return quoted(f"table {table}")


def select(table: Table, columns: Sequence[str]) -> str:
    """One row a key, with ``columns``; a key that several rows share has what ``table.pick`` says."""
    values = ", ".join(f"{column_of_record(column)} as {quoted(column)}" for column in columns)
    rows = f"select {_key(table)} as key, {_order(table)} as place, {values}\nfrom {_rows(table)}"
    if table.key == (Placeholder((Chain("@record"),)),):  # a file's row is one row: nothing to pick from
        return rows
    if table.pick == "join":  # a side file that lies there twice, loose and packed, is read once
        rows = rows.replace("select", "select distinct", 1)
    picked = ", ".join(f"{_pick(table, column)} as {quoted(column)}" for column in columns)
    return f"select key, {picked}\nfrom (\n{indented(rows)}\n)\ngroup by key"


def column_of_record(column: str) -> str:
    """A column's text: '' where it is empty (null in JSON), NULL only where a row has no such column."""
    if column in _PLACES:
        return _PLACES[column]
    key = literal(f'$."{column}"')
    return f"coalesce(record->>{literal(column)}, case json_type(record, {key}) when 'NULL' then '' end)"


def _rows(table: Table) -> str:
    if table.beside:
        file = literal(str(table.beside))
        return (
            f"(\n    select to_json(t) as record, {file} as path, row_number() over () - 1 as line\n"
            f"    from read_csv({file}, header = true, all_varchar = true) t\n)"
        )
    source, rows = table.rows_of or ("", "")
    return f"side_row\nwhere source = {literal(source)} and table_name = {literal(rows)}"


def _key(table: Table) -> str:
    parts = [part if isinstance(part, str) else part.chains[0] for part in table.key]
    return " || ".join(literal(part) if isinstance(part, str) else _through(part) for part in parts)


def _through(chain: Chain) -> str:
    text = column_of_record(chain.name)
    for step in chain.steps:
        text = templates.FUNCTIONS[step].format(text)
    return text


def _order(table: Table) -> str:
    """Where a row stands among those of its key: by the column `order`, then as in the file."""
    by_number = f"try_cast(record->>{literal(table.order)} as hugeint)" if table.order else "0"
    return f"struct_pack(number := {by_number}, file := {_PLACES['@stem']}, line := line)"


def _pick(table: Table, name: str) -> str:
    column = quoted(name)
    if table.pick == "join" and name not in _PLACES:
        return f"string_agg({column}, {literal(table.separator)} order by place)"
    if table.pick == "only":
        return f"case when min({column}) = max({column}) then min({column}) end"
    return f"{'arg_max' if table.pick == 'last' else 'arg_min'}({column}, place)"
