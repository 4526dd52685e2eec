"""Load all declarations of some folders; those that were checked by an earlier command, from the user's cache."""

import os
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import duckdb

from indexer.base import resources, user_cache
from indexer.base.errors import DeclarationError
from indexer.declarations.checking import VOCABULARY
from indexer.declarations.loading import read_all
from indexer.declarations.models import Source

# The packages whose modules decide what a declaration means.
_PACKAGES = ("base", "declarations")
_FileState = tuple[int, int, int] | None


def load(folders: Sequence[Path]) -> tuple[Source, ...]:
    """Return the sources that the ``*.toml`` files of ``folders`` declare, sorted by key.

    Raises:
        DeclarationError: a file is invalid; the message lists every problem of every file.
    """
    sources = load_all(folders)
    refuse_wrong(sources)
    return sources


def refuse_wrong(sources: Iterable[Source]) -> None:
    """Refuse declarations that are wrong.

    Raises:
        DeclarationError: lists every problem of every file.
    """
    found = [source.problems for source in sources if source.problems]
    if found:
        raise DeclarationError("\n".join(found))


def load_all(folders: Sequence[Path]) -> tuple[Source, ...]:
    """As :func:`load`, but a wrong declaration is a source with ``problems``. Two declarations of one key are one.

    A command that loads them twice reads them once, unless a file has changed.
    """
    read = dict.fromkeys((*folders, resources.sources_folder()))  # a declaration may extend one of the program's
    files = [file for folder in read for file in sorted(folder.glob("*"))]
    return _loaded(tuple(folders), tuple((file, _state(file)) for file in files))


def _state(file: Path) -> _FileState:
    """Return what changes if the file is replaced or written; None if it cannot be read."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


@lru_cache(maxsize=4)
def _loaded(folders: tuple[Path, ...], files: tuple[tuple[Path, _FileState], ...]) -> tuple[Source, ...]:
    deciding = [file for file, _ in files if file.suffix == ".toml" or file.name == VOCABULARY]
    try:
        contents = [(file, file.read_bytes()) for file in deciding]
    except OSError:
        return read_all(folders)
    key = user_cache.key_of(_PACKAGES, duckdb.__version__, os.environ.get("HOME"), folders, contents)
    sources: tuple[Source, ...] | None = user_cache.read("declarations", key)
    if sources is None or not _has_tables(sources):
        sources = read_all(folders)
        if not any(source.problems for source in sources):
            user_cache.write("declarations", key, sources)
    return sources


def _has_tables(sources: Iterable[Source]) -> bool:
    """Return whether the CSV files of all tables exist: a declaration can name files of other folders."""
    tables = (table for source in sources for table in source.lookups.values())
    return all(table.csv_file.is_file() for table in tables if table.csv_file)
