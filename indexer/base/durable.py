"""Write files and folders that exist either completely or not at all, also after a power failure.

Everything is written under a temporary name, flushed to disk and renamed; then the folder of the new name is flushed.
"""

import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from indexer.base.disk_hints import reserve, start_flush
from indexer.base.errors import OutputError, reason_of

UNFINISHED = ".unfinished"

# For larger pieces ext4 takes larger folios of memory, which cost much more if memory is fragmented.
_PIECE = 1 << 16
_FLUSHED_AT_ONCE = 1 << 23  # bytes


class RawFile(Protocol):
    """An unbuffered file."""

    def write(self, data: memoryview, /) -> int:
        """Write some of ``data``; return the number of bytes written."""


class HashingFile:
    """A file being written, with its size and sha256 so far. It accepts any object with the buffer protocol.

    ``hashes``: if not, there is no sha256.
    """

    def __init__(self, file: RawFile, *, hashes: bool = True) -> None:
        self._file = file
        self._sha256 = hashlib.sha256() if hashes else None
        self.size = 0
        self.closed = False  # Arrow reads it

    def write(self, data: Any) -> int:
        """Append ``data``; return its number of bytes."""
        view = memoryview(data).cast("B")
        for start in range(0, view.nbytes, _PIECE):
            piece = view[start : start + _PIECE]
            if self._sha256 is not None:
                self._sha256.update(piece)
            while piece:
                piece = piece[self._file.write(piece) :]  # a disk that fills up takes less than everything
        self.size += view.nbytes
        return view.nbytes

    def tell(self) -> int:
        """Return the number of bytes so far."""
        return self.size

    def flush(self) -> None:
        """Do nothing: no data is buffered here."""

    @property
    def sha256(self) -> str:
        """The sha256 of all bytes so far, hex; empty if they are not hashed."""
        return self._sha256.hexdigest() if self._sha256 is not None else ""


class _EarlyFlushedFile:
    """A file that is written to disk while later bytes are made, so that its last flush takes less time."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = self._flushed = 0

    def write(self, data: memoryview, /) -> int:
        """Write some of ``data``; return the number of bytes written."""
        written = self._file.write(data)
        self._size += written
        if self._size - self._flushed >= _FLUSHED_AT_ONCE:
            start_flush(self._file.fileno(), self._flushed, self._size - self._flushed)
            self._flushed = self._size
        return written


@contextmanager
def replacing(path: Path, buffering: int = -1) -> Iterator[BinaryIO]:
    """Yield a new file that replaces ``path`` if the context ends without an error, and is removed otherwise.

    A device or a pipe is not replaced: it is opened and written.

    Raises:
        OSError: the folder of ``path`` does not exist, or the file cannot be written.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        with path.open("wb", buffering=buffering) as file:
            yield file
        return
    with _finished_by(rename, path, buffering) as file:
        yield file


def create(path: Path, data: bytes) -> None:
    """Create a file with ``data``, which appears complete, unless there is one already. Raises OSError."""
    with suppress(FileExistsError), _finished_by(_link, path) as file:
        file.write(data)


@contextmanager
def _finished_by(name: Callable[[Path, Path], None], path: Path, buffering: int = -1) -> Iterator[BinaryIO]:
    """Yield a new file, which gets its name by ``name(file, path)`` if the context ends without an error."""
    # A unique name: a task that its engine considers lost may still be writing the same file.
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}{UNFINISHED}")
    try:
        with unfinished.open("wb", buffering=buffering) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        name(unfinished, path)
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _link(file: Path, path: Path) -> None:
    """Give ``file`` the name ``path``, too, or instead if the file system has no hard links. Raises OSError."""
    try:
        os.link(file, path)
    except FileExistsError:
        raise
    except (NotImplementedError, OSError):  # without hard links, file systems raise EPERM, ENOSYS or EOPNOTSUPP
        if path.exists():
            raise FileExistsError(path) from None
        file.rename(path)
    sync(path.absolute().parent)


@contextmanager
def writing(path: Path, *, hashes: bool = True, size: int = 0) -> Iterator[HashingFile]:
    """Yield a new file as :func:`replacing` does, with its sha256 if it ``hashes``; create its folder.

    ``size`` is the expected number of bytes, for which room is reserved; 0 if it is unknown.

    Raises:
        OutputError: the disk is full, read only, or fails.
    """
    with output_errors(path):
        make_folder(path.parent)
        with replacing(path, buffering=0) as file:
            if size:
                reserve(file.fileno(), size)
            hashing = HashingFile(_EarlyFlushedFile(file), hashes=hashes)
            yield hashing
            if size:
                file.truncate(hashing.size)  # gives back the room that was not needed


@contextmanager
def writing_folder(path: Path) -> Iterator[Path]:
    """Yield a new folder that appears as ``path``, complete, when the context ends without an error.

    Files of an interrupted run are removed first.

    Raises:
        OutputError: the disk is full, read only, or fails.
    """
    unfinished = path.with_name(path.name + UNFINISHED)
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        with output_errors(path):
            make_folder(unfinished)
            yield unfinished
            for entry in [*unfinished.rglob("*"), unfinished]:
                sync(entry)
            rename(unfinished, path)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


@contextmanager
def output_errors(path: Path) -> Iterator[None]:
    """Raise OutputError with advice for any OSError of writing to ``path``."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({_advice(error)}") from error


def _advice(error: OSError) -> str:
    """Return the reason and what to do, as the end of a message."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full): what is finished is kept; make room, then run the same command again"
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return "a part of the path is a file): name another path"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT):
        return f"{reason_of(error)}): correct the permissions, or name another path"
    return f"{reason_of(error)}): what is finished is kept; run the same command again"


def rename(source: Path, target: Path) -> None:
    """Give a flushed file or folder its final name, and flush the folder of that name. Raises OSError."""
    source.replace(target)
    sync(target.absolute().parent)


def make_folder(folder: Path) -> None:
    """Create a folder and its parents, each flushed before anything is written into it. Raises OSError."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync(folder.parent)


def sync(path: Path) -> None:
    """Flush a file, or the entries of a folder, to disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_bytes(path: Path, data: bytes) -> str:
    """Write a small file; return its sha256, hex. Raises OutputError."""
    with writing(path) as file:
        file.write(data)
    return file.sha256


def write_json(path: Path, value: Any) -> str:
    """Write indented JSON with a final newline; keys keep their order. Return and raise as :func:`write_bytes`."""
    return write_bytes(path, json_bytes(value))


def json_bytes(value: Any) -> bytes:
    """Return indented JSON with a final newline; keys keep their order."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove(path: Path) -> None:
    """Remove a file if it exists.

    Raises:
        OutputError: it cannot be removed, as if it is a folder.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be removed ({error.strerror}): remove it yourself, or name another output folder"
        ) from error


def clear_unfinished(output: Path) -> None:
    """Remove the temporary files of killed workers below ``output``. Raises OutputError."""
    for path in output.rglob(f"*{UNFINISHED}"):
        remove(path)
