"""The tables of a database, and its stored views, macros, tables and triggers that are refused. Nothing is executed.

The queries here name functions by ``system.main``: a stored macro could replace others.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import duckdb

from indexer.base.errors import QueryError
from indexer.manifest.statement_names import (
    REFUSED_FUNCTIONS,
    REFUSED_TABLES,
    StatementNames,
    TablePath,
    called_functions,
    names_of,
    words,
)

_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|[^'"]+""")  # a text, a quoted name, anything else


@dataclass(frozen=True, slots=True)
class Catalog:
    """The names in a database, in lower case.

    ``tables``: tables and views, by each path that leads to them. ``refused``: the stored views, macros and tables
    (generated columns, defaults) that read more than tables, directly or by others, and macros that replace a function
    of DuckDB: name -> is a macro.
    """

    tables: frozenset[TablePath]
    refused: Mapping[str, bool]


def catalog_of(connection: duckdb.DuckDBPyConnection) -> Catalog:
    """Return the names in the open database."""
    tables = frozenset(path for path in _table_paths(connection) if path[-1] not in REFUSED_TABLES)
    return Catalog(tables, _refused_definitions(connection, tables))


def text_of(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the definitions of all tables, views, macros and triggers that the file holds; names in lower case.

    DuckDB writes the names of types in upper case once it has read a macro from the file.
    """
    columns = {
        "tables": "table_name, sql",
        "views": "view_name, sql, comment",
        "functions": "function_name, function_type, parameters, parameter_types, macro_definition",
        "triggers": "trigger_name, sql",
    }
    queries = (
        f"select schema_name, {names} from system.main.duckdb_{kind}()"
        " where database_name not in ('system', 'temp') order by all"
        for kind, names in columns.items()
    )
    rows = [row for query in queries for row in connection.execute(query).fetchall()]
    return repr([[_with_lower_names(value) if isinstance(value, str) else value for value in row] for row in rows])


def _with_lower_names(sql: str) -> str:
    """Return a statement in lower case, but texts in single quotes unchanged."""
    return _TOKEN.sub(lambda token: token[0] if token[0].startswith("'") else token[0].lower(), sql)


def triggers_of(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the names of the statements that run when a table is written."""
    found = connection.execute("select trigger_name from system.main.duckdb_triggers() order by all").fetchall()
    return [name for (name,) in found]


def _table_paths(connection: duckdb.DuckDBPyConnection) -> Iterator[TablePath]:
    """Yield all paths that lead to tables and views: DuckDB also accepts them without the database or the schema."""
    found = connection.execute(
        "select database_name, schema_name, table_name from system.main.duckdb_tables() union all"
        " select database_name, schema_name, view_name from system.main.duckdb_views()"
    ).fetchall()
    for written in found:
        database, schema, name = (part.lower() for part in written)
        yield from ((database, schema, name), (schema, name))
        if schema == "main":
            yield database, name
        if schema in ("main", "pg_catalog"):
            yield (name,)


def _refused_definitions(connection: duckdb.DuckDBPyConnection, tables: frozenset[TablePath]) -> dict[str, bool]:
    # A name can have several definitions: overloaded macros.
    stored = [(name, is_macro, _names_in(connection, body)) for name, is_macro, body in _stored_definitions(connection)]
    stored += _table_definitions(connection)
    refused = {name: is_macro for name, is_macro, names in stored if names is None or names.unknown(tables)}
    while more := {
        name: is_macro
        for name, is_macro, names in stored
        if names and name not in refused and not refused.keys().isdisjoint(names.stored)
    }:
        refused |= more
    return refused


def _table_definitions(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, bool, StatementNames | None]]:
    """Yield each table as views are: its expressions (generated columns, defaults) call functions, not tables."""
    tables = "select table_name, sql from system.main.duckdb_tables() where database_name not in ('system', 'temp')"
    for name, sql in connection.execute(tables).fetchall():
        functions = called_functions(sql)
        yield name.lower(), False, None if functions & REFUSED_FUNCTIONS else StatementNames(functions=functions)


def _stored_definitions(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, bool, str]]:
    """Yield each view and macro that the file holds: its name, whether it is a macro, its query.

    A macro that replaces a function of DuckDB has no query here.
    """
    views = "select view_name, sql from system.main.duckdb_views() where database_name not in ('system', 'temp')"
    for name, sql in connection.execute(views).fetchall():
        # CREATE VIEW name (columns) AS query;
        begin = next((at for word, at in words(sql) if word == "as" and sql.encode()[at : at + 1] != b'"'), 0)
        yield name.lower(), False, sql.encode()[begin + len("as") :].decode().strip().rstrip(";")
    functions = connection.execute(
        "select function_name, function_type, macro_definition, database_name = 'system', database_name = 'temp'"
        " from system.main.duckdb_functions()"
    ).fetchall()
    builtin = {name.lower() for name, _, _, is_internal, _ in functions if is_internal}
    for name, kind, definition, is_internal, is_temporary in functions:
        if kind in ("macro", "table_macro") and not is_internal and not is_temporary:
            body = f"select {definition}" if kind == "macro" else definition
            yield name.lower(), True, "" if name.lower() in builtin else body


def _names_in(connection: duckdb.DuckDBPyConnection, body: str) -> StatementNames | None:
    """Return the names in the query of a view or macro; None if it is refused."""
    try:
        return names_of(connection, body)
    except (QueryError, duckdb.Error):
        return None
