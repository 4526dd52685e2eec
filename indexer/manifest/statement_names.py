"""The names in a statement, from its parsed form or its tokens, and the names that no query may use.

DuckDB parses the text; nothing is executed. ``json_serialize_sql`` returns the syntax tree of a SELECT.
"""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import Any

import duckdb

from indexer.base.errors import QueryError

TablePath = tuple[str, ...]  # a table's name in lower case, after those of its database and schema if they are written

ONE_SELECT = "give one SELECT: a manifest is only read here, and rows are written with --format and --output"
_NODES = {"SELECT_NODE", "SET_OPERATION_NODE", "CTE_NODE", "RECURSIVE_CTE_NODE"}
# Functions that return tables, without those that read files, settings, secrets or logs, or that change something.
TABLE_FUNCTIONS = frozenset((
    "duckdb_columns", "duckdb_constraints", "duckdb_databases", "duckdb_functions", "duckdb_indexes", "duckdb_keywords",
    "duckdb_schemas", "duckdb_sequences", "duckdb_tables", "duckdb_types", "duckdb_views", "generate_series",
    "histogram", "histogram_values", "json_each", "json_tree", "pragma_show", "pragma_table_info", "pragma_version",
    "range", "repeat", "repeat_row", "test_all_types", "unnest",
))  # fmt: skip
_TABLE_READERS = frozenset(("histogram", "histogram_values"))  # macros of DuckDB that query the table of that name
# They read settings, write logs, change sequences, or plan or run text that is not in the tree.
REFUSED_FUNCTIONS = frozenset((
    "current_setting", "currval", "getenv", "getvariable", "json_execute_serialized_sql", "json_serialize_plan",
    "nextval", "query", "query_table", "setval", "write_log", "which_secret",
))  # fmt: skip
REFUSED_TABLES = frozenset(("duckdb_logs", "pg_settings"))  # views of DuckDB
_SPECIAL_SHOWS = frozenset(('"tables"', '"databases"', '"schemas"', "__show_tables_expanded"))
_WRITTEN_NAME = re.compile(rb'"(?:[^"]|"")*"|[\w\x80-\xff]+')


@dataclass(slots=True)
class StatementNames:
    """The names in a statement, in lower case."""

    tables: set[TablePath] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    table_functions: set[str] = field(default_factory=set)
    common: set[str] = field(default_factory=set)  # tables that the statement defines itself by WITH

    def add(self, other: "StatementNames") -> None:
        """Add the names in another statement."""
        for kind in fields(self):
            getattr(self, kind.name).update(getattr(other, kind.name))

    @property
    def stored(self) -> set[str]:
        """The names that can be those of views and macros of the file."""
        return {path[-1] for path in self.tables} | self.functions

    def unknown(self, known: Collection[TablePath]) -> list[TablePath]:
        """Return the tables that are neither in ``known`` nor defined by the statement itself, sorted.

        DuckDB looks for files of such names: also ``"folder/name".csv`` is a file.
        """
        return sorted(self.tables - {(name,) for name in self.common} - set(known))


def names_of(connection: duckdb.DuckDBPyConnection, statement: str) -> StatementNames:
    """Return the names in one SELECT, in which no name is refused by itself.

    Raises:
        QueryError: it is no SELECT, or it uses a name that is refused.
        duckdb.ParserException: it is no SQL.
    """
    names = _names_of_tree(_tree(connection, statement))
    if problem := _problem(names):
        raise QueryError(problem)
    return names


def _tree(connection: duckdb.DuckDBPyConnection, statement: str) -> Any:
    """Return the syntax tree of one SELECT."""
    [(text,)] = connection.execute("select system.main.json_serialize_sql($text)", {"text": statement}).fetchall()
    try:
        found = json.loads(text)
    except RecursionError:
        raise QueryError("the query is nested too deep: use fewer levels") from None
    if found["error"] or len(found["statements"]) != 1:
        raise QueryError(ONE_SELECT)
    return found


def _names_of_tree(tree: Any) -> StatementNames:
    names = StatementNames()
    for node in _nodes(tree):
        kind = str(node.get("type", ""))
        if kind.endswith("_NODE") and kind not in _NODES:
            raise QueryError(ONE_SELECT)
        if kind in ("BASE_TABLE", "SHOW_REF") and not _is_special(node, kind):
            names.tables.add(tuple(str(part).lower() for part in node["qualified_name"]["path"]))
        function = str(node.get("function_name", "")).lower()
        names.functions.add(function)
        if kind == "TABLE_FUNCTION":
            called = str(node["function"].get("function_name", "")).lower()
            names.table_functions.add(called)
            if called in _TABLE_READERS:
                names.tables.add(_table_argument(called, node["function"]["arguments"]))
        names.common.update(str(one["key"]).lower() for one in node.get("cte_map", {}).get("map", ()))
    return names


def _table_argument(called: str, arguments: list[dict[str, Any]]) -> TablePath:
    """Return the table that a macro queries: its first argument, which must be a name."""
    named_later = any(one["name"].lower() == "source" for one in arguments[1:])
    if not arguments or named_later or arguments[0]["expression"]["type"] != "COLUMN_REF":
        raise QueryError(f"{called}() takes the name of a table first, without single quotes")
    return tuple(part.lower() for part in arguments[0]["expression"]["column_names"])


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


def _problem(names: StatementNames) -> str:
    refused = names.functions & REFUSED_FUNCTIONS | names.table_functions - TABLE_FUNCTIONS
    if refused:
        return f"{min(refused)}() is not available in a query"
    if hidden := REFUSED_TABLES.intersection(path[-1] for path in names.tables):
        return f"{min(hidden)} is not available in a query"
    # A name of WITH is valid in its part of the statement only. Elsewhere DuckDB looks for a file, if the name has a
    # suffix of a format or a folder.
    files = sorted(name for name in names.common if "." in name or "/" in name)
    return f"'{files[0]}' is like the name of a file: use a name without '.' and '/' in WITH" if files else ""


def called_functions(statement: str) -> set[str]:
    """Return the words of a statement that a bracket follows: functions, and types and keywords with arguments."""
    found = [word for word, _ in words(statement)]
    return {word for word, following in pairwise(found) if following == "("}


def words(statement: str) -> Iterator[tuple[str, int]]:
    """Yield the tokens of a statement in lower case, names without their quotes, with their positions in bytes."""
    text = statement.encode()
    named = (duckdb.token_type.identifier, duckdb.token_type.keyword)
    for at, kind in duckdb.tokenize(statement):
        if kind == duckdb.token_type.comment:
            continue
        found = _WRITTEN_NAME.match(text, at) if kind in named else None
        word = (found.group() if found else text[at : at + 1]).decode("utf-8", "replace")
        if word.startswith('"') and len(word) > 1:
            word = word[1:-1].replace('""', '"')
        yield word.lower(), at
