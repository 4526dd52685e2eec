"""Refuse folders of others that hold something else than files: reading a pipe or a device may never end."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from indexer.base.errors import SourceError


def refuse_special_files(folder: Path) -> None:
    """Raise SourceError if a pipe, a device or a socket is below a folder, or a link to one. Missing files are none."""
    waiting = [folder]
    while waiting:
        with suppress(FileNotFoundError, NotADirectoryError, PermissionError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                elif not entry.is_file(follow_symlinks=False) and _is_special(entry):
                    raise SourceError(
                        f"{entry.path} is no regular file: remove it, or ask for a fresh copy of {folder}"
                    )


def _is_special(entry: os.DirEntry[str]) -> bool:
    try:
        mode = entry.stat().st_mode
    except OSError:  # a link to nothing
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
