"""One spelling of a file, however it was packed: the logical path (docs/architecture.md).

The SQL twin is the macro ``logical_path`` of sql/schema/macros.sql; a test proves that the two agree.
"""

import re

from indexer.containers.kinds import ARCHIVE_SUFFIX

_AT_END = re.compile(ARCHIVE_SUFFIX + "$")
_LEVEL = re.compile(ARCHIVE_SUFFIX + "!")
_LEADING = re.compile(r"^(?:\./|/)+")


def logical_path(path: str, name: str | None) -> str:
    """The path of a member in which every archive on the way is a folder.

    Args:
        path: the file on disk, below the source's root, '/' between components.
        name: the member inside it, levels of nesting joined by '!'; None for a loose file.

    Returns:
        ``path`` for a loose file. Else every archive stands as a folder of its name without suffixes, and is left out
        where the component that follows has that very name. A '!' that follows no archive suffix is part of a name.
    """
    if name is None:
        return path
    logical = archive_name(path)
    for level in _LEVEL.split(name):
        logical = _below(logical, _LEADING.sub("", level))
    return logical


def archive_name(path: str) -> str:
    """A path without the suffixes of an archive: ``a/b.tar.gz`` and ``a/b.7z.001`` are ``a/b``."""
    return _AT_END.sub("", path)


def _below(archive: str, inner: str) -> str:
    folder, slash, last = archive.rpartition("/")
    if f"{inner}/".startswith(f"{last}/"):
        return f"{folder}{slash}{inner}"
    return f"{archive}/{inner}"
