"""The schema of a manifest: create it, migrate it, and keep its macros and views current.

Tables are stored. Each change of them is a file ``sql/migrations/NNN_name.sql``, which brings version NNN - 1 to NNN.
Macros and views are derived: a connection that may write replaces the stored ones; a read-only connection adds
temporary ones if the stored ones differ.
"""

import hashlib
import re
from functools import cache
from pathlib import Path

import duckdb

from indexer.base import resources
from indexer.base.errors import ManifestError
from indexer.base.version import __version__
from indexer.manifest.derived_macros import derived_macros

# Migration file -> the version it makes, in order.
_MIGRATIONS = {name: int(name.removeprefix("migrations/")[:3]) for name in resources.sql_names("migrations")}
SCHEMA_VERSION = max(_MIGRATIONS.values())


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of the current version in an empty database, inside the caller's transaction."""
    _run(connection, resources.sql("schema/tables"))
    _record_version(connection)


def migrate(connection: duckdb.DuckDBPyConnection, found: int) -> None:
    """Bring the tables of version ``found`` to the current version, inside the caller's transaction."""
    for name, version in _MIGRATIONS.items():
        if version > found:
            _run(connection, resources.sql(name))
    _record_version(connection)


def store_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Store the current macros and views, inside the caller's transaction."""
    text, names, digest = definitions()
    _run(connection, text)
    for name in names:
        connection.execute(f"comment on view {name} is '{digest}'").fetchall()


def use_current_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Make a read-only connection use the current macros and views, by temporary ones where others are stored.

    Temporary ones belong to one connection: each cursor needs its own.
    """
    text, names, digest = definitions()
    [(stored,)] = connection.execute(
        "select count(*) from duckdb_views() where list_contains($names, view_name) and comment = $digest",
        {"names": names, "digest": digest},
    ).fetchall()
    if stored < len(names):  # else temporary ones would only appear a second time in "show tables"
        _run(connection, text.replace("create or replace", "create or replace temporary"))


def version_of(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Return the schema version of the manifest at ``path``, which is the current one or an older one.

    Raises:
        ManifestError: the file is a database of another program, or a newer version of this program wrote it.
    """
    query = "select schema_version, tool_version from made_by order by schema_version desc limit 1"
    try:
        [(version, tool)] = connection.execute(query).fetchall()
    except (duckdb.CatalogException, duckdb.BinderException, ValueError):
        raise ManifestError(
            f"{path} is a DuckDB file but not a manifest of this program: name another file with --manifest-db"
        ) from None
    if version > SCHEMA_VERSION:
        raise ManifestError(
            f"{path} has schema version {version} (written by image-manifest {tool}), and image-manifest {__version__}"
            f" reads schema versions up to {SCHEMA_VERSION}: install the newer program, or name another file with"
            " --manifest-db"
        )
    return int(version)


@cache
def definitions() -> tuple[str, list[str], str]:
    """Return the statements of all macros and views, the views' names, and a digest: the comment of stored views."""
    text = derived_macros() + resources.sql("schema/macros") + resources.sql("schema/views")
    return text, re.findall(r"create or replace view (\w+)", text), hashlib.sha256(text.encode()).hexdigest()


def _record_version(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("insert into made_by values (?, ?)", [SCHEMA_VERSION, __version__]).fetchall()


def _run(connection: duckdb.DuckDBPyConnection, statements: str) -> None:
    for statement in duckdb.extract_statements(statements):
        connection.execute(statement.query).fetchall()
