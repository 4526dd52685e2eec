"""Files that are there whole or not at all: written under another name, flushed, renamed, the folder flushed."""

import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from indexer.base.errors import OutputError

UNFINISHED = ".unfinished"

# Hashed and handed over in pieces that stay in the processor's cache: ext4 takes 8 MB in pieces of 256 KB in a tenth of
# the time in which it takes them at once.
_PIECE = 1 << 18


class RawFile(Protocol):
    """An unbuffered file."""

    def write(self, data: memoryview, /) -> int:
        """Write some of ``data``; returns how many bytes."""


class HashingFile:
    """A file being written that knows its size and sha256. Takes whatever has the buffer protocol."""

    def __init__(self, file: RawFile) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()
        self.size = 0
        self.closed = False  # asked for by Arrow

    def write(self, data: Any) -> int:
        """Append ``data``."""
        view = memoryview(data).cast("B")
        for start in range(0, view.nbytes, _PIECE):
            piece = view[start : start + _PIECE]
            self._sha256.update(piece)
            self._write(piece)
        self.size += view.nbytes
        return view.nbytes

    def _write(self, left: memoryview) -> None:
        while left:
            left = left[self._file.write(left) :]  # a disk that fills takes less than all

    def tell(self) -> int:
        """Bytes so far."""
        return self.size

    def flush(self) -> None:
        """Nothing is kept back here."""

    @property
    def sha256(self) -> str:
        """Of all bytes so far, hex."""
        return self._sha256.hexdigest()


@contextmanager
def writing(path: Path) -> Iterator[HashingFile]:
    """A new file that appears as ``path`` when the context ends well, and leaves nothing when it does not.

    Raises:
        OutputError: the disk is full, read only, or fails.
    """
    # A name of its own: a task that an engine took for lost may still be writing the same file.
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}{UNFINISHED}")
    try:
        with _told(path):
            make_folder(path.parent)
            with unfinished.open("wb", buffering=0) as file:
                yield HashingFile(file)
                os.fsync(file.fileno())
            unfinished.replace(path)
            sync_folder(path.parent)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else error.strerror or str(error)
        raise OutputError(
            f"{path} cannot be written ({what}): what is finished is kept; make room, then run the same command again"
        ) from error


@contextmanager
def writing_folder(path: Path) -> Iterator[Path]:
    """Yield a new folder that appears as ``path``, complete, when the context ends without an exception.

    Files of an interrupted run are removed first.

    Raises:
        OutputError: the disk is full, read only, or fails.
    """
    unfinished = path.with_name(path.name + UNFINISHED)
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        with _told(path):
            make_folder(unfinished)
            yield unfinished
            for entry in [*unfinished.rglob("*"), unfinished]:
                descriptor = os.open(entry, os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
            unfinished.rename(path)
            sync_folder(path.parent)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def make_folder(folder: Path) -> None:
    """A folder, with those it lies in, whose names are on disk before anything in it is. Raises OSError."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_bytes(path: Path, data: bytes) -> None:
    """A small file at once."""
    with writing(path) as file:
        file.write(data)


def write_json(path: Path, value: Any) -> None:
    """Indented JSON with a line end; keys stay in their order."""
    write_bytes(path, (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())


def sha256_of(path: Path) -> str:
    """The sha256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def clear_unfinished(output: Path) -> None:
    """Remove the temporary files of killed workers."""
    for path in output.rglob(f"*{UNFINISHED}"):
        path.unlink(missing_ok=True)
