"""Decide by its parsed form whether a text is one SELECT that only reads tables.

DuckDB parses the text; nothing is executed. ``json_serialize_sql`` returns the syntax tree of a SELECT, which DESCRIBE,
SUMMARIZE, SHOW and FROM-first statements are, too. A PIVOT without a list of values has no such tree, because DuckDB
expands it to several statements. It is checked with given values instead.
"""

import re
from collections.abc import Collection

import duckdb

from indexer.base.errors import QueryError
from indexer.base.suggestions import closest
from indexer.manifest.pivot_columns import with_values
from indexer.manifest.statement_names import ONE_SELECT, StatementNames, TablePath, names_of, words
from indexer.manifest.stored_code import Catalog

_EXPLAIN_FORMAT = re.compile(r"\(\s*format\s+(\w+)\s*\)", re.IGNORECASE)


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
        raise QueryError(ONE_SELECT)
    statement = str(statements[0].query)
    explained = _explained(statement)
    if explained:
        prefix, inner = explained
        try:
            return prefix + _checked_query(connection, inner, catalog)
        except duckdb.ParserException:
            raise QueryError("only EXPLAIN of a SELECT is available, without ANALYZE, which executes it") from None
    return _checked_query(connection, statement, catalog)


def _checked_query(connection: duckdb.DuckDBPyConnection, statement: str, catalog: Catalog) -> str:
    try:
        kinds = [parsed.type for parsed in connection.extract_statements(statement)]
    except ValueError:  # a kind of statement that DuckDB's Python package does not know: UPDATE EXTENSIONS
        raise QueryError(ONE_SELECT) from None
    if kinds not in ([duckdb.StatementType.SELECT], [duckdb.StatementType.MULTI]):
        raise QueryError(ONE_SELECT)
    names = StatementNames()
    for text in with_values(statement) if kinds == [duckdb.StatementType.MULTI] else [statement]:
        names.add(names_of(connection, text))
    if problem := _problem_with_stored(names.stored, catalog):
        raise QueryError(problem)
    if unknown := names.unknown(catalog.tables):
        raise QueryError(_missing(unknown[0], catalog))
    return statement


def _explained(statement: str) -> tuple[str, str] | None:
    """Return the start of an EXPLAIN without ANALYZE and the statement that it explains; None if it is no EXPLAIN."""
    [(first, _), (_, begin), *_] = [*words(statement), ("", 0), ("", 0)]
    if first != "explain":
        return None
    rest = statement.encode()[begin:].decode()
    form = _EXPLAIN_FORMAT.match(rest)
    return (f"explain (format {form.group(1)}) ", rest[form.end() :]) if form else ("explain ", rest)


def _problem_with_stored(names: Collection[str], catalog: Catalog) -> str:
    refused = catalog.refused.keys() & set(names)
    if not refused:
        return ""
    return (
        f"the manifest has a view, macro or table {min(refused)} that reads more than tables or replaces"
        " a function of DuckDB: drop it in the DuckDB shell if you trust the manifest, else do not use the file"
    )


def _missing(path: TablePath, catalog: Catalog) -> str:
    name = ".".join(path)
    similar = closest(name, {".".join(known) for known in catalog.tables if len(known) <= len(path)})
    hint = f"Did you mean '{similar}'?" if similar else "'show tables' lists the tables."
    return f"Catalog Error: Table with name {name} does not exist! {hint}"
