"""The logical path: one spelling of a file, however it was packed (docs/architecture.md).

The SQL macro of the same name does the same; tests compare the two.
"""

import re
import unicodedata

from indexer.containers.kinds import ARCHIVE_SUFFIX

_AT_END = re.compile(ARCHIVE_SUFFIX + "$")
_LEVEL = re.compile(ARCHIVE_SUFFIX + "!")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def logical_path(path: str, name: str | None) -> str:
    """Return the path of a member in which every archive is a folder.

    Args:
        path: the file on disk, below the source's root, '/' between components.
        name: the member inside it, levels of nesting joined by '!'; None for a loose file.

    Returns:
        The clean path of a loose file (:func:`clean_path`). Otherwise each archive becomes a folder with the archive's
        name without suffixes; the folder is left out if the next component has the same name. A '!' that follows no
        archive suffix is part of a name.
    """
    if name is None:
        return clean_path(path)
    logical = archive_name(clean_path(path))
    for level in _LEVEL.split(name):
        inner = clean_path(level)
        folder, slash, last = logical.rpartition("/")
        logical = f"{folder}{slash}{inner}" if f"{inner}/".startswith(f"{last}/") else f"{logical}/{inner}"
    return logical


def archive_name(path: str) -> str:
    """Return a path without the suffixes of an archive: ``a/b.tar.gz`` and ``a/b.7z.001`` become ``a/b``."""
    return _AT_END.sub("", path)


def clean_path(path: str) -> str:
    """Return a path in Unicode form NFC without empty, ``.`` and ``..`` components, as extractors write it.

    macOS writes names in NFD. A ``..`` removes the component before it, and never leaves the archive. Control
    characters are escaped, a line break as ``\\x0a``: a file_id is one line of a list.
    """
    done: list[str] = []
    escaped = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", path)
    for part in unicodedata.normalize("NFC", escaped).split("/"):
        if part == "..":
            del done[-1:]
        elif part not in ("", "."):
            done.append(part)
    return "/".join(done)
