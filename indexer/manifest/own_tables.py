"""Temporary tables of one connection in a file of their own, which takes a quarter of their size in memory."""

import glob
import itertools
import secrets
from pathlib import Path
from socket import gethostname

import duckdb

from indexer.base.errors import ConfigError, reason_of
from indexer.manifest.connecting import OWN_TABLES
from indexer.manifest.sql_text import literal, quoted

_NUMBERS = itertools.count()


def attach_own_tables(connection: duckdb.DuckDBPyConnection, folder: Path) -> str:
    """Attach a new database in ``folder`` to a connection, search it for tables, and return its name.

    All connections of a process to one file see its name, so each has another one. The file is unlinked at once, so
    that nothing remains of it if this process is killed.

    Raises:
        ConfigError: the folder cannot be written to.
    """
    name = f"{OWN_TABLES}_{next(_NUMBERS)}"
    try:
        file = _own_file(folder)
        options = "(read_write, recovery_mode no_wal_writes)"
        connection.execute(f"attach {literal(str(file))} as {name} {options}").fetchall()
        # Nothing reads the file again. A manifest is written by remember_written, not at the shutdown.
        connection.execute("pragma disable_checkpoint_on_shutdown").fetchall()
    except (OSError, duckdb.IOException) as error:
        raise ConfigError(f"{folder} cannot be written to ({reason_of(error)}): name another tmp_cache_dir") from error
    file.unlink(missing_ok=True)
    [(manifest,)] = connection.execute("select current_database()").fetchall()
    connection.execute(f"set search_path = {literal(f'{quoted(manifest)}.main,{name}.main')}").fetchall()
    return name


def _own_file(folder: Path) -> Path:
    """Return a new name in ``folder``; remove files of killed processes of this machine."""
    named = f"tables-{gethostname()}-"
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{glob.escape(named)}*"):
        left.unlink(missing_ok=True)  # an open file does not need its name
    return folder / f"{named}{secrets.token_hex(8)}.duckdb"
