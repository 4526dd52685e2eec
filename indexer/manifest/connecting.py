"""Connect to a manifest's file, and explain in one line why that fails."""

import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from indexer.base import durable, resources, user_cache
from indexer.base.errors import ManifestError, reason_of
from indexer.manifest import schema
from indexer.manifest.new_file import empty_manifest
from indexer.manifest.stored_code import catalog_of, text_of, triggers_of

DatabaseSettings = Mapping[str, Any]  # DuckDB's configuration: option -> value
FileState = tuple[int, ...] | None  # device, inode, size, times of the last change of contents and of anything
OWN_TABLES, WORK = "own_tables", "work"  # databases that steps attach beside the manifest
_SETTLED_NS = 2_000_000_000  # ns
_CHECKED: set[tuple[FileState, FileState]] = set()
_CURRENT: set[tuple[FileState, FileState]] = set()  # files whose macros and views are those of this program


def connect(path: Path, settings: DatabaseSettings, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Return a connection to the database at ``path``, whose stored macros and views are safe to use.

    Raises:
        ManifestError: another program has it open, it cannot be written, it is no DuckDB file, DuckDB takes its name
            for another database, or it holds a trigger, or a macro, view or table that reads files or replaces a
            function of DuckDB.
    """
    _check_name(path)
    if not read_only:
        _check_permissions(path)
    try:
        if not read_only and file_state(path) is None:
            _create(path)
        before = _states(path)
        is_settled = _is_settled(before)
        connection = _connected(path, settings, read_only=read_only)
    except duckdb.IOException as error:
        raise ManifestError(_explanation(path, str(error))) from error
    except OSError as error:
        raise ManifestError(_explanation(path, reason_of(error))) from error
    if before not in _CHECKED:
        try:
            _check(connection, path, before, is_settled=is_settled)
        except BaseException:
            connection.close()
            raise
    connection.execute("set preserve_insertion_order = false").fetchall()  # keeping it would cost memory
    connection.execute("set enable_progress_bar = false").fetchall()  # DuckDB draws it on standard output in notebooks
    return connection


def _connected(path: Path, settings: DatabaseSettings, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Connect; where this process has read the file before by ``duckdb.connect``, by the settings of that connection.

    Raises:
        ManifestError: this process has the file open with other settings.
    """
    try:
        return duckdb.connect(str(path), read_only=read_only, config=dict(settings))
    except duckdb.ConnectionException as error:
        with suppress(duckdb.ConnectionException):
            if read_only:
                return duckdb.connect(str(path), read_only=True)
        raise ManifestError(
            f"{path} is open in this program by another DuckDB connection: close that connection"
        ) from error


def _check(
    connection: duckdb.DuckDBPyConnection, path: Path, states: tuple[FileState, FileState], *, is_settled: bool
) -> None:
    """Check the code that a file stores, unless the file or another one with the same code was checked before."""
    key = _key(path.absolute(), states)
    found = user_cache.read("manifest", key)
    if found is None:
        is_ours = user_cache.read("stored_code", _key(text_of(connection))) is not None
        if not is_ours:
            _check_stored_code(connection, path)
        is_current = is_ours and schema.version_of(connection, path) == schema.SCHEMA_VERSION
        found = "current" if is_current else "safe"
        if is_settled:
            user_cache.write("manifest", key, found)
    _CHECKED.add(states)
    if found == "current":
        _CURRENT.add(states)


def remember_stored_code(connection: duckdb.DuckDBPyConnection) -> None:
    """Let later commands skip checking and storing the same macros and views, which this process has just stored."""
    user_cache.write("stored_code", _key(text_of(connection)), "current")


def _key(*parts: object) -> bytes:
    return user_cache.key_of(["manifest"], duckdb.__version__, schema.definitions()[2], _schema_text(), *parts)


def remember_written(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write the log of a connection to its file, whose macros and views this process then does not check again.

    Call it before the connection is closed: the file is still locked, so that no other program has changed it.
    """
    with suppress(duckdb.Error):  # another connection has an open transaction
        connection.execute("checkpoint").fetchall()
        _remember(path)


def is_current(path: Path) -> bool:
    """Return whether the file at ``path`` has the schema, macros and views of this program."""
    return _states(path) in _CURRENT


def _check_name(path: Path) -> None:
    """Refuse names of files that DuckDB takes for another database, or for a path with options."""
    database = path.name.partition(".")[0].lower()
    if database == WORK or database.startswith(OWN_TABLES) or "?" in str(path):
        raise ManifestError(f"{path} is no possible name of a manifest: rename it, for example to manifest.duckdb")


def _check_permissions(path: Path) -> None:
    """Refuse to change a manifest whose file or folder is read-only: DuckDB would fail when it writes its log there."""
    for each in (path, path.parent):
        if os.access(path, os.F_OK) and not os.access(each, os.W_OK):
            raise ManifestError(
                f"{path} cannot be changed, because {each} is read-only:"
                " copy it to a folder of your own, and name the copy with --manifest-db"
            )


def _create(path: Path) -> None:
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)  # of a manifest that was removed
    durable.create(path, empty_manifest())
    _remember(path)


def _remember(path: Path) -> None:
    written = _states(path)
    _CHECKED.add(written)
    _CURRENT.add(written)


def require_manifest(path: Path) -> None:
    """Raise ManifestError if there is no file at ``path``."""
    try:
        is_there = file_state(path) is not None
    except OSError as error:
        raise ManifestError(_explanation(path, reason_of(error))) from error
    if not is_there:
        raise ManifestError(f"no manifest at {path}: run 'python -m indexer scan' first")


def file_state(path: Path) -> FileState:
    """Return what changes if the file at ``path`` is replaced (the first two) or written; None if there is none."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _states(path: Path) -> tuple[FileState, FileState]:
    """Return the state of the file at ``path``, and that of its log, which DuckDB applies when it opens the file."""
    return file_state(path), file_state(path.with_name(f"{path.name}.wal"))


def _is_settled(states: tuple[FileState, FileState]) -> bool:
    """Return whether every later change will change the states: file systems round times, to 2 s at most."""
    return all(time.time_ns() - state[-1] > _SETTLED_NS for state in states if state)


def _check_stored_code(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Refuse a file of others that runs code of its own when a step of this program reads or writes it.

    A stored macro replaces a function of DuckDB of the same name, a view can have the name of a table, a column can be
    an expression, and a trigger runs when a table is written.
    """
    own = set(re.findall(r"create (?:or replace )?(?:table|view) (\w+)", _schema_text()))
    refused = sorted(name for name, is_macro in catalog_of(connection).refused.items() if is_macro or name in own)
    problems = [f"a trigger {name}" for name in triggers_of(connection)] + [
        f"a view, macro or table {name} that reads more than tables or replaces a function of DuckDB"
        for name in refused
    ]
    if problems:
        raise ManifestError(
            f"{path} holds {problems[0]}; this program stores none:"
            " do not use the file, or drop it in the DuckDB shell if it is yours"
        )


@cache
def _schema_text() -> str:
    return resources.sql("schema/tables") + resources.sql("schema/views")


def _explanation(path: Path, message: str) -> str:
    first_line = message.splitlines()[0]
    if "Could not set lock" in message:
        holder = re.search(r"held in (.+ \(PID \d+\))", first_line)
        who = holder.group(1) if holder else first_line
        return f"{path} is open in another program, {who}: close it, or wait for it to end"
    return f"{path} cannot be opened as a manifest ({first_line}): name another file with --manifest-db"
