"""Compile a lookup table to a SELECT with one row per key."""

from collections.abc import Sequence

from indexer.declarations import templates
from indexer.declarations.models import LookupTable, Pipeline, Placeholder
from indexer.manifest.sql_text import indented, literal, quoted

KEY = '"@key"'
_ORDER = '"@order"'

# Names for the location of a row, which a key may use besides its columns.
LOCATIONS = {
    "@path": r"regexp_replace(path, '\.[^./]*$', '')",
    "@stem": r"regexp_replace(split_part(path, '/', -1), '\.[^.]*$', '')",
    "@folder": "regexp_replace(path, '/?[^/]*$', '')",
    "@parent": "split_part(path, '/', -2)",
    "@line": "cast(line as varchar)",
    "@number": "cast(line + 1 as varchar)",
    "@record": "path || ':' || line",
}


def name(table: str) -> str:
    """Return the name of the SELECT of a table, quoted."""
    return quoted(f"table {table}")


def select(table: LookupTable, columns: Sequence[str]) -> str:
    """Return the SELECT of ``key`` and ``columns``; ``table.pick`` decides between rows with the same key."""
    values = ", ".join(f"{column_of_record(column)} as {column_name(column)}" for column in columns)
    rows = f"select {_key(table)} as {KEY}, {_order(table)} as {_ORDER}, {values}\nfrom {_rows(table)}"
    if table.key == (Placeholder((Pipeline("@record"),)),):  # unique per row: nothing to pick from
        return rows
    if table.pick == "join":  # a side file that exists loose and packed counts once
        rows = rows.replace("select", "select distinct", 1)
    picked = ", ".join(f"{_pick(table, column)} as {column_name(column)}" for column in columns)
    return f"select {KEY}, {picked}\nfrom (\n{indented(rows)}\n)\ngroup by {KEY}"


def column_name(column: str) -> str:
    """Return the SQL name of a column of a table, which no column of an image has: files may have any names."""
    return quoted(f"column {column}")


def column_of_record(column: str) -> str:
    """Return a column as text: '' for an empty value (null in JSON), NULL only where a row has no such column."""
    if column in LOCATIONS:
        return LOCATIONS[column]
    paths = {literal(column): literal(f'$."{column}"')}
    if "." in column:  # a value inside of another one, as a JSON pointer (RFC 6901); the name itself comes first
        pointer = literal("/" + column.replace("~", "~0").replace("/", "~1").replace(".", "/"))
        paths[pointer] = pointer
    found = [f"record->>{path}" for path in paths]
    nulls = [f"case json_type(record, {key}) when 'NULL' then '' end" for key in paths.values()]
    return f"coalesce({', '.join([*found, *nulls])})"


def _rows(table: LookupTable) -> str:
    if table.csv_file:
        file = literal(str(table.csv_file))
        return (
            f"(\n    select to_json(t) as record, {file} as path, row_number() over () - 1 as line\n"
            f"    from read_csv({file}, header = true, all_varchar = true) t\n)"
        )
    source, rows = table.rows_of or ("", "")
    return f"side_row\nwhere source = {literal(source)} and table_name = {literal(rows)}"


def _key(table: LookupTable) -> str:
    """Return the key in Unicode form NFC, as logical paths are."""
    parts = []
    for part in table.key:
        if isinstance(part, str):
            parts.append(literal(part))
            continue
        pipeline = part.pipelines[0]
        text = column_of_record(pipeline.name)
        for step in pipeline.steps:
            text = templates.FUNCTIONS[step].format(text)
        parts.append(text)
    return f"nfc_normalize({' || '.join(parts)})"


def _order(table: LookupTable) -> str:
    """Return the sort key of a row among those with the same key: the column `order`, then the order in the file."""
    by_number = f"try_cast(record->>{literal(table.order)} as hugeint)" if table.order else "0"
    return f"struct_pack(number := {by_number}, file := {LOCATIONS['@stem']}, line := line)"


def _pick(table: LookupTable, name: str) -> str:
    column = column_name(name)
    if table.pick == "join" and name not in LOCATIONS:
        return f"string_agg({column}, {literal(table.separator)} order by {_ORDER})"
    if table.pick == "only":
        return f"case when min({column}) = max({column}) then min({column}) end"
    return f"{'arg_max' if table.pick == 'last' else 'arg_min'}({column}, {_ORDER})"
