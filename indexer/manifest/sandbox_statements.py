"""Decide by its parsed form whether a text is one SELECT that only reads tables.

DuckDB parses the text; nothing is executed. ``json_serialize_sql`` returns the syntax tree of a SELECT, which DESCRIBE,
SUMMARIZE, SHOW and FROM-first statements are, too. A PIVOT without a list of values has no such tree, because DuckDB
expands it to several statements. It is checked by its tokens.
"""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import duckdb

from indexer.base.errors import QueryError
from indexer.base.suggestions import closest

_ONE_SELECT = "give one SELECT: a manifest is only read here, and rows are written with --format and --output"
_NODES = {"SELECT_NODE", "SET_OPERATION_NODE", "CTE_NODE", "RECURSIVE_CTE_NODE"}
# Functions that return tables, without those that read files, settings, secrets or logs, or that change something.
_TABLE_FUNCTIONS = frozenset((
    "duckdb_columns", "duckdb_constraints", "duckdb_databases", "duckdb_functions", "duckdb_indexes", "duckdb_keywords",
    "duckdb_schemas", "duckdb_sequences", "duckdb_tables", "duckdb_types", "duckdb_views", "generate_series",
    "histogram", "histogram_values", "json_each", "json_tree", "pragma_show", "pragma_table_info", "pragma_version",
    "range", "repeat", "repeat_row", "test_all_types", "unnest",
))  # fmt: skip
# They read settings, write logs, change sequences, or run text that is not in the tree.
_REFUSED_FUNCTIONS = frozenset((
    "current_setting", "currval", "getenv", "getvariable", "json_execute_serialized_sql", "nextval", "query",
    "query_table", "setval", "write_log", "which_secret",
))  # fmt: skip
_REFUSED_TABLES = frozenset(("duckdb_logs", "pg_settings"))  # views of DuckDB
_SPECIAL_SHOWS = frozenset(('"tables"', '"databases"', '"schemas"', "__show_tables_expanded"))
_EXPLAIN_FORMAT = re.compile(r"\(\s*format\s+(\w+)\s*\)", re.IGNORECASE)
_WRITTEN_NAME = re.compile(r'"(?:[^"]|"")*"|\w+')


@dataclass(slots=True)
class _Names:
    """The names in a statement, in lower case."""

    tables: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    table_functions: set[str] = field(default_factory=set)
    common: set[str] = field(default_factory=set)  # tables that the statement defines itself by WITH


@dataclass(frozen=True, slots=True)
class Catalog:
    """The names in a database, in lower case: tables and views, and those views and macros that are refused."""

    tables: frozenset[str]
    refused: frozenset[str]


def checked_select(connection: duckdb.DuckDBPyConnection, text: str, catalog: Catalog) -> str:
    """Return the statement to execute for ``text``.

    That is the text's only statement, if it is a SELECT (DESCRIBE, SUMMARIZE and SHOW included) of tables and views in
    ``catalog``, with table functions that read no files and with functions that change nothing; or a PIVOT or an
    EXPLAIN without ANALYZE of such a statement. ``connection`` parses and executes nothing of ``text``.

    Raises:
        QueryError: it is something else.
        duckdb.ParserException: it is no SQL.
    """
    statements = connection.extract_statements(text)
    if len(statements) != 1:
        raise QueryError(_ONE_SELECT)
    statement = str(statements[0].query)
    explained = _explained(statement)
    if explained:
        prefix, inner = explained
        try:
            return prefix + _checked_query(connection, inner, catalog)
        except duckdb.ParserException:
            raise QueryError("only EXPLAIN of a SELECT is available, without ANALYZE, which executes it") from None
    return _checked_query(connection, statement, catalog)


def catalog_of(connection: duckdb.DuckDBPyConnection) -> Catalog:
    """Return the names in the open database; views and macros that name something refused are refused as well."""
    tables = connection.execute(
        "select lower(table_name) from duckdb_tables() union select lower(view_name) from duckdb_views()"
    ).fetchall()
    return Catalog(frozenset(name for (name,) in tables) - _REFUSED_TABLES, frozenset(refused_definitions(connection)))


def refused_definitions(connection: duckdb.DuckDBPyConnection) -> dict[str, bool]:
    """Return the stored views and macros that read more than tables, directly or by others: name -> is a macro.

    Nothing of them is executed.
    """
    # A name can have several definitions: overloaded macros.
    stored = [(name, is_macro, _names_in(connection, body)) for name, is_macro, body in _stored_definitions(connection)]
    refused = {name: is_macro for name, is_macro, names in stored if names is None or _problem(names)}
    while more := {
        name: is_macro
        for name, is_macro, names in stored
        if names and name not in refused and not refused.keys().isdisjoint(names.tables | names.functions)
    }:
        refused |= more
    return refused


def _checked_query(connection: duckdb.DuckDBPyConnection, statement: str, catalog: Catalog) -> str:
    try:
        kinds = [parsed.type for parsed in connection.extract_statements(statement)]
    except ValueError:  # a kind of statement that DuckDB's Python package does not know: UPDATE EXTENSIONS
        raise QueryError(_ONE_SELECT) from None
    if kinds not in ([duckdb.StatementType.SELECT], [duckdb.StatementType.MULTI]):
        raise QueryError(_ONE_SELECT)
    if kinds == [duckdb.StatementType.MULTI]:
        _check_pivot(connection, statement, catalog)
        return statement
    names = _names_of_tree(_tree(connection, statement))
    problem = _problem(names) or _problem_with_stored(names.tables | names.functions, catalog)
    if problem:
        raise QueryError(problem)
    unknown = sorted(names.tables - names.common - catalog.tables)
    if unknown:
        raise QueryError(_missing(unknown[0], catalog))
    return statement


def _check_pivot(connection: duckdb.DuckDBPyConnection, statement: str, catalog: Catalog) -> None:
    """Check a statement that has no tree: it fits into parentheses as a query does, and names nothing refused."""
    try:
        wrapped = connection.extract_statements(f"select * from (\n{statement}\n)")
    except duckdb.ParserException:
        raise QueryError(_ONE_SELECT) from None
    if len(wrapped) != 1 or wrapped[0].type != duckdb.StatementType.MULTI:
        raise QueryError(_ONE_SELECT)
    words = [word for word, _ in _words(statement)]
    called = {word for word, following in zip(words, [*words[1:], ""], strict=True) if following == "("}
    readers = {
        name
        for (name,) in connection.execute(
            "select distinct function_name from duckdb_functions() where function_type in ('table', 'table_macro',"
            " 'pragma') and internal"
        ).fetchall()
    } - _TABLE_FUNCTIONS
    names = _Names(functions=called & (readers | _REFUSED_FUNCTIONS))
    changing = {"insert", "update", "delete", "merge"}.intersection(words)
    problem = (
        (_ONE_SELECT if changing else "")
        or (f"{min(names.functions)}() is not available in a query" if names.functions else "")
        or _problem_with_stored(set(words), catalog)
        or _problem_with_stored(_REFUSED_TABLES.intersection(words), Catalog(catalog.tables, _REFUSED_TABLES))
    )
    if problem:
        raise QueryError(problem)


def _explained(statement: str) -> tuple[str, str] | None:
    """Return the start of an EXPLAIN without ANALYZE and the statement that it explains; None if it is no EXPLAIN."""
    [(first, _), (_, begin), *_] = [*_words(statement), ("", 0), ("", 0)]
    if first != "explain":
        return None
    rest = statement.encode()[begin:].decode()
    form = _EXPLAIN_FORMAT.match(rest)
    return (f"explain (format {form.group(1)}) ", rest[form.end() :]) if form else ("explain ", rest)


def _tree(connection: duckdb.DuckDBPyConnection, statement: str) -> Any:
    """Return the syntax tree of one SELECT."""
    [(text,)] = connection.execute("select json_serialize_sql($text)", {"text": statement}).fetchall()
    try:
        found = json.loads(text)
    except RecursionError:
        raise QueryError("the query is nested too deep: use fewer levels") from None
    if found["error"] or len(found["statements"]) != 1:
        raise QueryError(_ONE_SELECT)
    return found


def _names_of_tree(tree: Any) -> _Names:
    names = _Names()
    for node in _nodes(tree):
        kind = str(node.get("type", ""))
        if kind.endswith("_NODE") and kind not in _NODES:
            raise QueryError(_ONE_SELECT)
        if kind in ("BASE_TABLE", "SHOW_REF") and not _is_special(node, kind):
            names.tables.add(str(node["table_name"]).lower())
        function = str(node.get("function_name", "")).lower()
        names.functions.add(function)
        if kind == "TABLE_FUNCTION":
            names.table_functions.add(str(node["function"].get("function_name", "")).lower())
        names.common.update(str(one["key"]).lower() for one in node.get("cte_map", {}).get("map", ()))
    return names


def _is_special(node: dict[str, Any], kind: str) -> bool:
    """Return whether a node names no table: DESCRIBE of a query, SHOW TABLES."""
    return kind == "SHOW_REF" and (node["query"] is not None or node["table_name"] in _SPECIAL_SHOWS)


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects of a tree, without recursion: a text can be nested deep."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _problem(names: _Names) -> str:
    refused = names.functions & _REFUSED_FUNCTIONS | names.table_functions - _TABLE_FUNCTIONS
    if refused:
        return f"{min(refused)}() is not available in a query"
    hidden = (names.tables - names.common) & _REFUSED_TABLES
    return f"{min(hidden)} is not available in a query" if hidden else ""


def _problem_with_stored(names: Collection[str], catalog: Catalog) -> str:
    refused = catalog.refused.intersection(names)
    if not refused:
        return ""
    return (
        f"the manifest has a view or macro {min(refused)} of its own that reads more than tables: drop it in the DuckDB"
        " shell if you trust the manifest, else do not use the file"
    )


def _missing(name: str, catalog: Catalog) -> str:
    similar = closest(name, catalog.tables)
    hint = f"Did you mean '{similar}'?" if similar else "'show tables' lists the tables."
    return f"Catalog Error: Table with name {name} does not exist! {hint}"


def _stored_definitions(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, bool, str]]:
    """Yield each view and macro that the file holds: its name, whether it is a macro, its query."""
    views = "select view_name, sql from duckdb_views() where not internal and not temporary"
    for name, sql in connection.execute(views).fetchall():
        # CREATE VIEW name (columns) AS query;
        begin = next((at for word, at in _words(sql) if word == "as" and sql.encode()[at : at + 1] != b'"'), 0)
        yield name.lower(), False, sql.encode()[begin + len("as") :].decode().strip().rstrip(";")
    macros = (
        "select function_name, function_type, macro_definition from duckdb_functions()"
        " where not internal and function_type in ('macro', 'table_macro') and database_name <> 'temp'"
    )
    for name, kind, definition in connection.execute(macros).fetchall():
        yield name.lower(), True, f"select {definition}" if kind == "macro" else definition


def _names_in(connection: duckdb.DuckDBPyConnection, body: str) -> _Names | None:
    """Return the names in the query of a view or macro; None if it is refused."""
    try:
        return _names_of_tree(_tree(connection, body))
    except (QueryError, duckdb.Error):
        return None


def _words(statement: str) -> Iterator[tuple[str, int]]:
    """Yield the tokens of a statement in lower case, names without their quotes, with their positions in bytes."""
    text = statement.encode()
    named = (duckdb.token_type.identifier, duckdb.token_type.keyword)
    for at, kind in duckdb.tokenize(statement):
        if kind == duckdb.token_type.comment:
            continue
        found = _WRITTEN_NAME.match(text[at:].decode()) if kind in named else None
        word = found.group() if found else text[at : at + 1].decode("utf-8", "replace")
        if word.startswith('"') and len(word) > 1:
            word = word[1:-1].replace('""', '"')
        yield word.lower(), at
