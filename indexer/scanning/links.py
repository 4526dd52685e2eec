"""Decide which symbolic links below a root are followed.

Links that stay inside the root are followed to files, and so are those of a Hugging Face cache, where
``snapshots/<revision>/x`` leads to ``blobs/<hash>`` of the same repository. Folders are listed under their own names
only: this ends loops and lists no file twice.
"""

import os
import stat
from pathlib import Path

OUTSIDE_FOLDER = "a folder"
_ADVICE = "name its folder in local.cfg"


def followed(root: str, path: str) -> os.stat_result | str:
    """Return the status of the file that the link ``path`` leads to, or the reason why it is not followed.

    ``root`` is an absolute path without links.
    """
    link = Path(root, path)
    try:
        leads = f"{path} leads to {link.readlink()}"
        status = link.stat()
    except OSError as error:
        return f"{path} is a link that cannot be followed: {error.strerror}"
    target = link.resolve()
    is_inside = target.is_relative_to(root)
    if stat.S_ISDIR(status.st_mode) and is_inside:
        return f"{leads}: a folder that is listed under its own name"
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        return f"{leads}, which is not a regular file"
    if stat.S_ISREG(status.st_mode) and (is_inside or snapshot_of(link, target) is not None):
        return status
    return f"{leads}, {OUTSIDE_FOLDER if stat.S_ISDIR(status.st_mode) else 'which is'} outside the root: {_ADVICE}"


def blob_of(root: str, path: str) -> str | None:
    """Return the blob of a Hugging Face cache that a link leads to, relative to ``root``; None if it is none.

    The link has the file's name, so the blob is not listed.
    """
    link = Path(root, path)
    target = link.resolve()
    is_listed = snapshot_of(link, target) is not None and target.is_relative_to(root)
    return str(target.relative_to(root)) if is_listed else None


def snapshot_of(link: Path, target: Path) -> str | None:
    """Return the snapshot of a Hugging Face cache, ``<revision>/folder``, that has ``link``; None if there is none.

    ``target``, to which the link leads, must be a blob of the same repository.
    """
    repository, is_found, snapshot = str(link.parent.resolve()).rpartition("/snapshots/")
    return snapshot if is_found and target.parent == Path(repository, "blobs") else None
