"""Open the DuckDB file of a manifest, run steps of ``sql/``, insert Arrow batches.

One process writes. In DuckDB 2 an open result blocks its connection, so every method here fetches all rows.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from socket import gethostname
from types import MappingProxyType
from typing import Any, Self
from weakref import finalize

import duckdb
import pyarrow as pa

from indexer.base import resources
from indexer.base.errors import ManifestError, RecipeError, first_line_of
from indexer.base.suggestions import nearest
from indexer.manifest import connecting, schema, turns
from indexer.manifest.connecting import DatabaseSettings, connect, file_state, require_manifest
from indexer.manifest.own_tables import attach_own_tables
from indexer.manifest.schema import SCHEMA_VERSION
from indexer.manifest.turns import Turn

LOT_ROWS = 5_000_000  # rows that are joined with the manifest and sorted at a time: a few gigabytes

Parameters = Mapping[str, Any]


class Store:
    """An open manifest.

    A method with a parameter ``step`` runs ``sql/<step>.sql``. The file may use some or all of ``parameters``.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, path: Path, turn: Turn | None = None, *, is_writer: bool = False
    ) -> None:
        self.connection = connection
        self.path = path
        self._is_writer = is_writer
        self._file = _file_of(path)
        self.end_turn = finalize(self, turn.end) if turn else lambda: None
        self._own = "temp"  # the database of this connection's temporary tables

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        try:
            if self._is_writer and _file_of(self.path) == self._file:
                connecting.remember_written(self.connection, self.path)
        finally:
            self.connection.close()
            self.end_turn()

    def rows(self, step: str, parameters: Parameters | None = None) -> list[tuple[Any, ...]]:
        """Return all rows of a step."""
        text = resources.sql(step)
        return self.connection.execute(text, _named_in(text, parameters)).fetchall()

    def arrow(self, step: str, parameters: Parameters | None = None) -> pa.Table:
        """Return all rows of a step as an Arrow table."""
        text = resources.sql(step)
        return self.connection.sql(text, params=_named_in(text, parameters)).to_arrow_table()

    def save(self, table: str, step: str, parameters: Parameters | None = None) -> int:
        """Create or replace ``table`` by the rows of a step; return their number."""
        return self.save_query(table, resources.sql(step), parameters)

    def save_query(self, table: str, query: str, parameters: Parameters | None = None) -> int:
        """Create or replace ``table`` by the rows of a SELECT; return their number."""
        return self._create(f"table {table}", query, parameters)

    def save_temporary(self, table: str, step: str, parameters: Parameters | None = None) -> int:
        """Create or replace a temporary table by the rows of a step; return their number. Changes no file."""
        kind = "temporary table" if self._own == "temp" else "table"
        return self._create(f"{kind} {self._own}.{table}", resources.sql(step), parameters)

    def _create(self, what: str, query: str, parameters: Parameters | None) -> int:
        statement = f"create or replace {what} as\n{query}"
        [(rows,)] = self.connection.execute(statement, _named_in(query, parameters)).fetchall()
        return int(rows)

    def temp_tables_in(self, folder: Path) -> None:
        """Store temporary tables in a file in ``folder``. Raises ConfigError if it cannot be written to."""
        if self._own == "temp":
            self._own = attach_own_tables(self.connection, folder)

    def append(self, table: str, step: str, parameters: Parameters | None = None) -> None:
        """Insert the rows of a step into ``table``, by column name."""
        query = resources.sql(step)
        self.connection.execute(f"insert into {table} by name\n{query}", _named_in(query, parameters)).fetchall()

    def insert(self, table: str, batches: pa.RecordBatchReader | pa.Table) -> None:
        """Insert Arrow rows into ``table``, by column name."""
        with self.registered("incoming", batches):
            self.connection.execute(f"insert into {table} by name select * from incoming").fetchall()

    def execute(self, statement: str, parameters: Parameters | None = None) -> list[tuple[Any, ...]]:
        """Run what is not a step (a DELETE, a setting); return the rows of the last statement."""
        return self.connection.execute(statement, dict(parameters or {})).fetchall()

    def count(self, table: str) -> int:
        """Return the number of rows of ``table``."""
        return int(self.execute(f"select count(*) from {table}")[0][0])

    @contextmanager
    def registered(self, name: str, rows: "pa.RecordBatchReader | pa.Table | pa.dataset.Dataset") -> Iterator[None]:
        """Make Arrow rows available as the view ``name`` inside the context."""
        self.connection.register(name, rows)
        try:
            yield
        finally:
            self.connection.unregister(name)

    def view_temporary(self, name: str, step: str) -> None:
        """Create or replace a temporary view of a step."""
        self.connection.execute(f"create or replace temporary view {name} as\n{resources.sql(step)}").fetchall()

    def second_connection(self) -> Self:
        """Return a second connection to the same database, for a thread that reads while another one writes."""
        cursor = self.connection.cursor()
        schema.use_current_views(cursor)
        return type(self)(cursor, self.path)

    def _check_file(self) -> None:
        if _file_of(self.path) != self._file:
            raise ManifestError(f"{self.path} was replaced while it was open: run the same command again")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all changes inside the context together, or none of them.

        Raises:
            ManifestError: the file was replaced meanwhile; DuckDB would write to the unlinked one.
        """
        self.execute("begin")
        try:
            yield
            self._check_file()
        except BaseException:
            self.execute("rollback")
            raise
        self.execute("commit")


def _file_of(path: Path) -> tuple[int, ...] | None:
    """Return the identity of the file at ``path``: another file at the same path has another one. None if missing."""
    state = file_state(path)
    return state and state[:2]


def _named_in(query: str, parameters: Parameters | None) -> dict[str, Any]:
    """Return the parameters that ``query`` uses: DuckDB refuses others."""
    if not parameters:
        return {}
    return {name: parameters[name] for name in _parameter_names(query)}


@lru_cache(maxsize=1_000)
def _parameter_names(query: str) -> frozenset[str]:
    return frozenset(duckdb.extract_statements(query)[0].named_parameters)


def open_for_writing(path: Path, settings: DatabaseSettings = MappingProxyType({})) -> Store:
    """Open the manifest at ``path`` to write; create it if there is none, migrate it if its schema is older.

    Raises:
        ManifestError: the file is in use, cannot be written, is not a manifest, or was written by a newer program.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ManifestError(
            f"{path.parent} cannot be made ({error.strerror or error}): correct intermediate_outputs_path in local.cfg,"
            " or name a file with --manifest-db"
        ) from error
    store = _opened(path, settings, read_only=False, alone=True)
    with _closed_on_error(store):
        if connecting.is_current(path):
            return store
        if not store.execute("select 1 from duckdb_tables() limit 1"):  # an empty database
            with store.transaction():
                schema.create(store.connection)
                schema.store_views(store.connection)
            store.execute("checkpoint")
        else:
            _bring_up_to_date(store)
    return store


def open_for_reading(path: Path, settings: DatabaseSettings = MappingProxyType({}), *, alone: bool = False) -> Store:
    """Open the manifest at ``path`` read only. A manifest of an older schema version is migrated first.

    With ``alone``, no other thread of this process has it open meanwhile.

    Raises:
        ManifestError: there is none, it is in use, is not a manifest, was written by a newer program, or has an older
            schema and cannot be written.
    """
    require_manifest(path)
    # DuckDB's own name for readers has only their process number, which is not unique among machines.
    scratch = {"temp_directory": f"{path}.{gethostname()}.tmp"}
    store = _opened(path, {**scratch, **settings}, read_only=True, alone=alone)
    with _closed_on_error(store):
        if connecting.is_current(path):
            return store
        found = schema.version_of(store.connection, path)
        if found == SCHEMA_VERSION:
            schema.use_current_views(store.connection)
            return store
    store.close()
    try:
        open_for_writing(path, settings).close()
    except ManifestError as error:
        raise ManifestError(
            f"{path} has schema version {found} and must be migrated to version {SCHEMA_VERSION}, which needs write"
            f" access: run the same command when it is writable, or on a copy with --manifest-db ({error})"
        ) from error
    return open_for_reading(path, settings, alone=alone)


def _opened(path: Path, settings: DatabaseSettings, *, read_only: bool, alone: bool) -> Store:
    turn = turns.take(path, alone=alone)
    try:
        return Store(connect(path, settings, read_only=read_only), path, turn, is_writer=not read_only)
    except BaseException:
        turn.end()
        raise


def in_memory() -> Store:
    """Return an empty manifest in memory, for commands that also work without one."""
    store = Store(duckdb.connect(), Path(":memory:"))
    schema.create(store.connection)
    schema.store_views(store.connection)
    return store


def require_selection(store: Store, name: str) -> None:
    """Check that the selection ``name`` exists.

    Raises:
        RecipeError: it does not; the message has the closest name, or all names.
    """
    known = [found for (found,) in store.rows("selections")]
    if name not in known:
        hint = nearest(name, known) or "make one with 'python -m indexer select RECIPE'"
        raise RecipeError(f"no selection '{name}' in {store.path}: {hint}")


def _bring_up_to_date(store: Store) -> None:
    """Migrate an existing manifest if its schema is older, and store the current macros and views."""
    found = schema.version_of(store.connection, store.path)
    try:
        with store.transaction():
            if found < SCHEMA_VERSION:
                schema.migrate(store.connection, found)
            schema.store_views(store.connection)
        if found < SCHEMA_VERSION:
            store.execute("checkpoint")
        connecting.remember_stored_code(store.connection)
    except duckdb.Error as error:
        what = f"migrated from schema version {found} to {SCHEMA_VERSION}" if found < SCHEMA_VERSION else "written"
        raise ManifestError(f"{store.path} cannot be {what}, and is unchanged: {first_line_of(error)}") from error


@contextmanager
def _closed_on_error(store: Store) -> Iterator[None]:
    try:
        yield
    except BaseException:
        store.connection.close()
        store.end_turn()
        raise
