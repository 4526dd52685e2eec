"""Results that later commands use again, in the folder ``image-manifest`` of the user's cache ($XDG_CACHE_HOME).

A result is found by the digest of everything that decides it, so none is out of date. Results that are missing, damaged
or in a folder that others can enter are computed again: the cache saves time and is never needed.
"""

import hashlib
import os
import pickle
import stat
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from indexer.base import durable, resources
from indexer.base.errors import OutputError
from indexer.base.version import __version__


def key_of(packages: Sequence[str], *parts: object) -> bytes:
    """Return the digest of ``parts`` and of the program that computes a result: the modules of ``packages``, Python."""
    modules = [resources.module_texts(package) for package in packages]
    return hashlib.sha256(repr((__version__, sys.version, modules, parts)).encode(errors="surrogateescape")).digest()


def read(purpose: str, key: bytes) -> Any:
    """Return the result that was stored with ``key``; None if there is none."""
    folder = _folder()
    if folder is None or not _is_private(folder):
        return None
    try:
        with _file(folder, purpose, key).open("rb") as file:
            content = file.read() if _is_own(os.fstat(file.fileno())) else b""
    except OSError:
        return None
    digest, data = content[: len(key)], content[len(key) :]
    return pickle.loads(data) if digest == _digest(key, data) else None  # noqa: S301 - a file of ours


def write(purpose: str, key: bytes, result: Any) -> None:
    """Store ``result``, if possible. Of each purpose a few results are kept."""
    folder = _folder()
    if folder is None:
        return
    data = pickle.dumps(result, protocol=pickle.HIGHEST_PROTOCOL)
    with suppress(OSError, OutputError):
        folder.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
        if _is_private(folder):
            durable.write_bytes(_file(folder, purpose, key), _digest(key, data) + data)


def _folder() -> Path | None:
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        return (named if named.is_absolute() else Path.home() / ".cache") / "image-manifest"
    except RuntimeError:  # there is no home folder
        return None


def _is_private(folder: Path) -> bool:
    """Return whether only this user can reach the files of ``folder``: a umask may let others write to them."""
    try:
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and _is_own(status) and not status.st_mode & (stat.S_IRWXG | stat.S_IRWXO)


def _is_own(status: os.stat_result) -> bool:
    return status.st_uid == os.geteuid()


def _file(folder: Path, purpose: str, key: bytes) -> Path:
    """Return one of 16 files: a result replaces another one whose key begins alike."""
    return folder / f"{purpose}-{key.hex()[0]}"


def _digest(key: bytes, data: bytes) -> bytes:
    return hashlib.sha256(key + data).digest()
