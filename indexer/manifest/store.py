"""The DuckDB file: open it, run a step of ``sql/``, insert Arrow batches.

One process writes. A result that is left open owns its connection in DuckDB 2, so everything here fetches at once.
"""

import glob
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from socket import gethostname
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, Self

import duckdb
import pyarrow as pa

from indexer.base import resources
from indexer.base.errors import ConfigError, ManifestError, RecipeError
from indexer.base.suggestions import nearest
from indexer.manifest import schema
from indexer.manifest.connecting import DatabaseSettings, connect
from indexer.manifest.schema import SCHEMA_VERSION

OWN = "own_tables"
LOT_ROWS = 5_000_000  # joined with the manifest and sorted at a time, where all are wanted; a few gigabytes of them
# The order of rows is always asked for; that of insertion, kept, would cost memory.
BESIDE: dict[str, Any] = {"memory_limit": "2GB", "threads": 4, "preserve_insertion_order": False}

Parameters = Mapping[str, Any]


class Store:
    """A manifest that is open.

    Every method that takes ``step`` runs ``sql/<step>.sql`` with just those of ``parameters`` that the file names.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
        self.connection = connection
        self.path = path
        self._file = _file_of(path)
        self._own = "temp"  # the database of what is made for this connection alone

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def rows(self, step: str, parameters: Parameters | None = None) -> list[tuple[Any, ...]]:
        """All rows of a step's SELECT."""
        text = resources.sql(step)
        return self.connection.execute(text, _named_in(text, parameters)).fetchall()

    def arrow(self, step: str, parameters: Parameters | None = None) -> pa.Table:
        """A step's SELECT as an Arrow table."""
        text = resources.sql(step)
        return self.connection.sql(text, params=_named_in(text, parameters)).to_arrow_table()

    def save(self, table: str, step: str, parameters: Parameters | None = None) -> int:
        """Make ``table`` anew from a step's SELECT; returns its rows."""
        return self.save_query(table, resources.sql(step), parameters)

    def save_query(self, table: str, query: str, parameters: Parameters | None = None) -> int:
        """Make ``table`` anew from a SELECT's text; returns its rows."""
        statement = f"create or replace table {table} as\n{query}"
        self.connection.execute(statement, _named_in(query, parameters)).fetchall()
        return self.count(table)

    def save_temporary(self, table: str, step: str, parameters: Parameters | None = None) -> int:
        """Make ``table`` anew for this connection alone: works on a manifest opened read only; returns its rows."""
        query = resources.sql(step)
        kind = "temporary table" if self._own == "temp" else "table"
        statement = f"create or replace {kind} {self._own}.{table} as\n{query}"
        self.connection.execute(statement, _named_in(query, parameters)).fetchall()
        return self.count(table)

    def temp_tables_in(self, folder: Path) -> None:
        """Have tables for this connection alone in a file in ``folder`` from now on: a quarter of their size in memory.

        Its name is gone at once, so that nothing is left of it whatever becomes of this process.

        Raises:
            ConfigError: the folder cannot be written to.
        """
        if self._own != "temp":
            return
        try:
            file = _own_file(folder)
            self.execute(f"attach '{_quoted(file)}' as {OWN} (read_write, recovery_mode no_wal_writes)")
        except (OSError, duckdb.IOException) as error:
            raise ConfigError(f"{folder} cannot be written to ({error}): name another tmp_cache_dir") from error
        file.unlink(missing_ok=True)
        name = self.execute("select current_database()")[0][0].replace('"', '""')
        self.execute(f"""set search_path = '"{_quoted(name)}".main,{OWN}.main'""")
        self._own = OWN

    def append(self, table: str, step: str, parameters: Parameters | None = None) -> None:
        """Insert a step's SELECT into ``table``, column by name."""
        query = resources.sql(step)
        self.connection.execute(f"insert into {table} by name\n{query}", _named_in(query, parameters)).fetchall()

    def insert(self, table: str, batches: pa.RecordBatchReader | pa.Table) -> None:
        """Insert Arrow rows into ``table``, column by name."""
        with self.registered("incoming", batches):
            self.connection.execute(f"insert into {table} by name select * from incoming").fetchall()

    def execute(self, statement: str, parameters: Parameters | None = None) -> list[tuple[Any, ...]]:
        """Run one statement that is no step (a DELETE, a setting); returns its rows."""
        return self.connection.execute(statement, dict(parameters or {})).fetchall()

    def count(self, table: str) -> int:
        """The number of rows of ``table``."""
        return int(self.execute(f"select count(*) from {table}")[0][0])

    @contextmanager
    def registered(self, name: str, rows: pa.RecordBatchReader | pa.Table) -> Iterator[None]:
        """Arrow rows as a view called ``name`` for as long as the context lasts."""
        self.connection.register(name, rows)
        try:
            yield
        finally:
            self.connection.unregister(name)

    def view_temporary(self, name: str, step: str) -> None:
        """A step's SELECT under a name, for this connection alone: it is run anew wherever the name is used."""
        self.connection.execute(f"create or replace temporary view {name} as\n{resources.sql(step)}").fetchall()

    def aside(self) -> Self:
        """The same database by a connection of its own, for a thread that reads while another one writes."""
        cursor = self.connection.cursor()
        schema.use_current_views(cursor)
        return type(self)(cursor, self.path)

    def _check_file(self) -> None:
        if _file_of(self.path) != self._file:
            raise ManifestError(f"{self.path} was replaced while it was open: run the same command again")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that happens inside is committed together, or not at all.

        Raises:
            ManifestError: another file stands at the path now; DuckDB would write to one that nobody finds any more.
        """
        self.execute("begin")
        try:
            yield
            self._check_file()
        except BaseException:
            self.execute("rollback")
            raise
        self.execute("commit")


def _file_of(path: Path) -> tuple[int, int] | None:
    """What tells a file from another one at the same path; None where there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _own_file(folder: Path) -> Path:
    """A new name in ``folder``; names that killed processes of this machine have left there are removed."""
    named = f"tables-{gethostname()}-"
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{glob.escape(named)}*"):
        left.unlink(missing_ok=True)  # one that is in use needs its name no more
    return folder / f"{named}{secrets.token_hex(8)}.duckdb"


def _quoted(text: Path | str) -> str:
    """For a statement's text in single quotes, where DuckDB takes no parameter."""
    return str(text).replace("'", "''")


def _named_in(query: str, parameters: Parameters | None) -> dict[str, Any]:
    """Those of ``parameters`` that ``query`` names: DuckDB refuses surplus ones."""
    if not parameters:
        return {}
    return {name: parameters[name] for name in duckdb.extract_statements(query)[0].named_parameters}


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
    store = Store(connect(path, settings, read_only=False), path)
    with _closed_on_error(store):
        if not store.execute("select 1 from duckdb_tables() limit 1"):  # new, or its first run was killed
            with store.transaction():
                schema.create(store.connection)
                schema.store_views(store.connection)
            store.execute("checkpoint")
        else:
            _bring_up_to_date(store)
    return store


def open_for_reading(path: Path, settings: DatabaseSettings = MappingProxyType({})) -> Store:
    """Open the manifest at ``path`` read only. A manifest of an older schema version is migrated first.

    Raises:
        ManifestError: there is none, it is in use, is not a manifest, was written by a newer program, or has an older
            schema and cannot be written.
    """
    if not path.exists():
        raise ManifestError(f"no manifest at {path}: run 'python -m indexer scan' first")
    # DuckDB's own name for readers has only their process number, which is not unique among machines.
    scratch = {"temp_directory": f"{path}.{gethostname()}.tmp"}
    store = Store(connect(path, {**scratch, **settings}, read_only=True), path)
    with _closed_on_error(store):
        found = schema.version_of(store.connection, path)
        if found == SCHEMA_VERSION:
            schema.use_current_views(store.connection)
            return store
    store.connection.close()
    try:
        open_for_writing(path, settings).connection.close()
    except ManifestError as error:
        raise ManifestError(
            f"{path} has schema version {found} and must be migrated to version {SCHEMA_VERSION}, which needs write"
            f" access: run the same command when it is writable, or on a copy with --manifest-db ({error})"
        ) from error
    return open_for_reading(path, settings)


def in_memory() -> Store:
    """An empty manifest that lies nowhere: for what can do without one."""
    store = Store(duckdb.connect(), Path(":memory:"))
    schema.create(store.connection)
    schema.store_views(store.connection)
    return store


@contextmanager
def scratch_database(scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database beside the manifest, to sort and join what lies in files, in memory of ``BESIDE``.

    What exceeds that waits in a folder below ``scratch``, which is gone when the context ends.
    """
    with (
        TemporaryDirectory(dir=scratch, prefix="duckdb-") as folder,
        duckdb.connect(config={**BESIDE, "temp_directory": folder}) as engine,
    ):
        yield engine


def require_selection(store: Store, name: str) -> None:
    """Go on where there is a selection ``name``.

    Raises:
        RecipeError: there is none; names the nearest, or those that there are.
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
    except duckdb.Error as error:
        raise ManifestError(
            f"{store.path} cannot be migrated from schema version {found} to {SCHEMA_VERSION}, and is unchanged:"
            f" {str(error).splitlines()[0]}"
        ) from error


@contextmanager
def _closed_on_error(store: Store) -> Iterator[None]:
    try:
        yield
    except BaseException:
        store.connection.close()
        raise
