"""Rows of a query, for notebooks and scripts."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import duckdb
import pyarrow as pa

from indexer.api.html import table_html
from indexer.base.errors import DependencyError, QueryError
from indexer.manifest.sandbox_query import one_line
from indexer.manifest.sandbox_statements import checked_select
from indexer.manifest.store import Store
from indexer.manifest.stored_code import Catalog, catalog_of

_SHOWN = 20


class QueryRows:
    """The rows of a query, in memory. All methods of a DuckDB relation are available, too (``filter``, ``show``, ...).

    Iteration yields tuples. ``len`` is the number of rows.
    """

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    @cached_property
    def relation(self) -> duckdb.DuckDBPyRelation:
        """The rows as a relation of an own DuckDB connection."""
        return duckdb.connect().from_arrow(self._table)

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self._table.column_names)

    def arrow(self) -> pa.Table:
        """Return the rows as an Arrow table."""
        return self._table

    to_arrow_table = arrow

    def df(self) -> Any:
        """Return the rows as a pandas DataFrame."""
        return self.relation.df()

    to_df = df

    def pl(self) -> Any:
        """Return the rows as a Polars DataFrame.

        Raises:
            DependencyError: polars is not installed.
        """
        try:
            return self.relation.pl()
        except ModuleNotFoundError as error:
            raise DependencyError(f"a Polars frame needs {error.name}: python -m pip install polars") from error

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return all rows as tuples."""
        return self.relation.fetchall()

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the first row; None if there is none."""
        return next(iter(self), None)

    def dicts(self) -> list[dict[str, Any]]:
        """Return all rows as dictionaries."""
        return [dict(zip(self.columns, row, strict=True)) for row in self]

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.fetchall())

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.relation, name)

    def __repr__(self) -> str:
        return str(self.relation)

    def _repr_html_(self) -> str:
        more = f"<p>{len(self):,} rows, the first {_SHOWN} of them shown</p>" if len(self) > _SHOWN else ""
        return table_html(self.columns, [list(row) for row in self.relation.limit(_SHOWN).fetchall()]) + more


def run_query(store: Store, text: str, tables: Mapping[str, Any]) -> QueryRows:
    """Run one SELECT over the manifest and further tables (DataFrames, Arrow tables), which it names.

    Raises:
        QueryError: the text is not one SELECT, is wrong, or uses a function that reads files or settings.
    """
    connection = store.connection
    try:
        connection.execute("set enable_external_access = false").fetchall()
        for name, rows in tables.items():
            connection.register(name, rows)
        catalog = catalog_of(connection)
        known = Catalog(catalog.tables | {(name.lower(),) for name in tables}, catalog.refused)
        return QueryRows(connection.sql(checked_select(connection, text, known)).to_arrow_table())
    except (duckdb.Error, RecursionError, pa.ArrowException) as error:
        raise QueryError(one_line(error)) from error
