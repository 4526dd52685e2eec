"""Connect to a manifest's file, and explain in one line why that fails."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from indexer.base.errors import ManifestError

DatabaseSettings = Mapping[str, Any]  # DuckDB's configuration: option -> value


def connect(path: Path, settings: DatabaseSettings, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Return a connection to the database at ``path``.

    Raises:
        ManifestError: another program has it open, it cannot be written, or it is no DuckDB file.
    """
    try:
        connection = duckdb.connect(str(path), read_only=read_only, config=dict(settings))
    except duckdb.IOException as error:
        raise ManifestError(_explanation(path, str(error))) from error
    connection.execute("set preserve_insertion_order = false").fetchall()  # keeping it would cost memory
    return connection


def _explanation(path: Path, message: str) -> str:
    first_line = message.splitlines()[0]
    if "lock" in message.lower():
        holder = re.search(r"held in (.+ \(PID \d+\))", first_line)
        who = holder.group(1) if holder else first_line
        return f"{path} is open in another program, {who}: close it, or wait for it to end"
    return f"{path} cannot be opened as a manifest ({first_line}): name another file with --manifest-db"
