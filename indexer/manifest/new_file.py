"""The file of a manifest without rows."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from indexer.manifest import schema
from indexer.manifest.sql_text import literal

# The format that every DuckDB from this version on reads: the shell is released later than the library.
_FORMAT = "v1.5.0"


@cache
def empty_manifest() -> bytes:
    """Return the content of a new manifest: tables, macros and views of the current version."""
    with TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder) / "manifest.duckdb"
        connection.execute(
            f"attach {literal(str(path))} as created (read_write, storage_version '{_FORMAT}')"
        ).fetchall()
        for statement in ("use created", "begin"):
            connection.execute(statement).fetchall()
        schema.create(connection)
        schema.store_views(connection)
        for statement in ("commit", "use memory", "detach created"):
            connection.execute(statement).fetchall()
        return path.read_bytes()
