"""Read archives by libarchive: with an allow-list of formats, and with every return code checked.

The binding's own read loop returns wrong bytes after a checksum warning and takes an error in a callback for the end of
the archive, so only its library handle is used. See archive_read(3), archive_read_data(3), archive_read_open(3).
"""

import ctypes
import locale
from collections.abc import Iterator, Sequence
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_int64, c_size_t, c_ssize_t, c_void_p
from dataclasses import dataclass
from functools import cache
from typing import Any

from indexer.base.errors import BadData, DependencyError
from indexer.base.workers import time_limit
from indexer.containers.bytes.volumes import ByteRange

_EOF, _OK, _RETRY, _WARN, _FAILED, _FATAL = 1, 0, -10, -20, -25, -30
_BLOCK = 1 << 20
_RETRIES = 3
FORMATS = ("7zip", "rar", "rar5", "cpio", "tar", "zip")
_FILTERS = ("lzip", "compress", "lz4")  # built into the library: none starts a program
_Read = CFUNCTYPE(c_ssize_t, c_void_p, c_void_p, POINTER(c_void_p))
_Skip = CFUNCTYPE(c_int64, c_void_p, c_void_p, c_int64)
_Seek = CFUNCTYPE(c_int64, c_void_p, c_void_p, c_int64, c_int)
_SIGNATURES = {
    "archive_read_new": (c_void_p, ()),
    "archive_read_free": (c_int, (c_void_p,)),
    "archive_read_set_read_callback": (c_int, (c_void_p, _Read)),
    "archive_read_set_callback_data": (c_int, (c_void_p, c_void_p)),
    "archive_read_set_skip_callback": (c_int, (c_void_p, _Skip)),
    "archive_read_set_seek_callback": (c_int, (c_void_p, _Seek)),
    "archive_read_open1": (c_int, (c_void_p,)),
    "archive_read_next_header": (c_int, (c_void_p, POINTER(c_void_p))),
    "archive_read_data": (c_ssize_t, (c_void_p, c_char_p, c_size_t)),
    "archive_error_string": (c_char_p, (c_void_p,)),
    "archive_entry_pathname": (c_char_p, (c_void_p,)),
    "archive_entry_pathname_utf8": (c_char_p, (c_void_p,)),
    "archive_entry_size": (c_int64, (c_void_p,)),
    "archive_entry_size_is_set": (c_int, (c_void_p,)),
    "archive_entry_filetype": (ctypes.c_uint, (c_void_p,)),
    "archive_entry_is_encrypted": (c_int, (c_void_p,)),
    "archive_entry_hardlink": (c_char_p, (c_void_p,)),
    "archive_entry_symlink": (c_char_p, (c_void_p,)),
    "archive_entry_dev": (ctypes.c_uint64, (c_void_p,)),
    "archive_entry_ino64": (c_int64, (c_void_p,)),
    "archive_entry_nlink": (ctypes.c_uint, (c_void_p,)),
}


@cache
def _library() -> Any:
    """Return the shared library with the types of its functions. Raises DependencyError."""
    try:
        import libarchive.ffi  # noqa: PLC0415

        library = ctypes.CDLL(libarchive.ffi.libarchive_path)
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (ImportError, OSError, AttributeError, TypeError) as error:
        if "failed to map segment" in str(error):  # the library exists, and the worker has no memory left
            raise MemoryError(str(error)) from error
        raise DependencyError(
            f"libarchive, which reads rar, cpio and some 7z, is missing ({error}):"
            " install libarchive13 (apt) or libarchive (brew), or set LIBARCHIVE to the library's file"
        ) from None
    _speak_utf8()
    return library


def _speak_utf8() -> None:
    """Set a UTF-8 locale: libarchive returns names in the locale's encoding, and none that it cannot encode."""
    if locale.nl_langinfo(locale.CODESET).upper() not in ("UTF-8", "UTF8"):
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")


@dataclass(frozen=True, slots=True)
class EntryHeader:
    """A member as libarchive describes it. ``size`` is None if the format has none; ``type`` is as in st_mode.

    ``inode`` is device and number; ``names`` is how many names this file had, 0 if the format does not store it.
    """

    index: int
    name: bytes
    size: int | None
    type: int
    encrypted: bool
    hard_link: bool
    symbolic_link: bytes | None
    inode: tuple[int, int]
    names: int
    warning: str | None


class SequentialPass:
    """One sequential pass over an archive. Close it, or leave that to the garbage collector.

    A call that takes longer than ``seconds`` ends the process, which is a worker.
    """

    def __init__(self, window: ByteRange, seconds: float, formats: Sequence[str] = FORMATS) -> None:
        self._library = _library()
        self._seconds = seconds
        self._source = _Source(window)
        self._formats = formats
        self._index = -1
        self._handle: int | None = None
        self._open()

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Free the library's memory."""
        if getattr(self, "_handle", None) is not None:
            self._library.archive_read_free(self._handle)
            self._handle = None

    def _open(self) -> None:
        self._handle = self._library.archive_read_new()
        supports = [f"archive_read_support_format_{name}" for name in self._formats]
        supports += [f"archive_read_support_filter_{name}" for name in _FILTERS]
        for name in supports:
            function = getattr(self._library, name)
            function.argtypes = (c_void_p,)
            function(self._handle)
        for name, callback in self._source.callbacks.items():
            getattr(self._library, f"archive_read_set_{name}_callback")(self._handle, callback)
        self._library.archive_read_set_callback_data(self._handle, None)  # required by open1, even if empty
        self._call("archive_read_open1", self._handle)

    def _call(self, name: str, *arguments: Any) -> int:
        """Call the library. Raises the exception of a callback, and BadData for FATAL and FAILED."""
        with time_limit(self._seconds):
            code: int = getattr(self._library, name)(*arguments)
        self._source.raise_error()
        if code <= _FAILED:
            raise self._error()
        return code

    def _error(self) -> BadData:
        """Return the reason of an error; only its message shows that names are encrypted."""
        message = self._message()
        is_locked = self._index < 0 and "encryption" in message.lower()
        return BadData("encrypted" if is_locked else "damaged archive", message)

    def _message(self) -> str:
        message = self._library.archive_error_string(self._handle)
        return message.decode("utf-8", "replace") if message else "no reason given"

    def next(self) -> EntryHeader | None:
        """Return the next member's header, None after the last. Raises BadData if the archive is damaged."""
        entry = c_void_p()
        code = self._call("archive_read_next_header", self._handle, ctypes.byref(entry))
        if code == _EOF:
            return None
        self._index += 1
        return self._header(entry, self._message() if code in (_WARN, _RETRY) else None)

    def _header(self, entry: c_void_p, warning: str | None) -> EntryHeader:
        library = self._library
        name = library.archive_entry_pathname(entry) or library.archive_entry_pathname_utf8(entry) or b""
        size = library.archive_entry_size(entry) if library.archive_entry_size_is_set(entry) else None
        return EntryHeader(
            index=self._index,
            name=name,
            size=size,
            type=library.archive_entry_filetype(entry),
            encrypted=bool(library.archive_entry_is_encrypted(entry)),
            hard_link=library.archive_entry_hardlink(entry) is not None,
            symbolic_link=library.archive_entry_symlink(entry),
            inode=(library.archive_entry_dev(entry), library.archive_entry_ino64(entry)),
            names=library.archive_entry_nlink(entry),
            warning=warning,
        )

    def data(self, size: int | None) -> Iterator[bytes]:
        """Yield the current member's bytes. Raises BadData for any warning, and if they are not ``size`` bytes."""
        buffer = ctypes.create_string_buffer(_BLOCK)
        seen = retries = 0
        while code := self._read(buffer):
            if code > 0:
                seen += code
                yield ctypes.string_at(buffer, code)
            elif code != _RETRY or (retries := retries + 1) > _RETRIES:
                raise BadData("cannot be unpacked", self._message())
        if size is not None and seen != size:
            raise BadData("size differs", f"{size} bytes declared, {seen} unpacked")

    def _read(self, buffer: Any) -> int:
        with time_limit(self._seconds):
            code: int = self._library.archive_read_data(self._handle, buffer, _BLOCK)
        self._source.raise_error()
        return code

    def blocks(self, index: int, size: int | None) -> Iterator[bytes]:
        """Yield the bytes of member ``index`` (from 0), which must not precede the current member. Raises BadData."""
        while self._index < index:
            if self.next() is None:
                raise BadData("not found again", f"member {index} of {self._index + 1}")
        yield from self.data(size)


class _Source:
    """The callbacks by which libarchive reads a byte range. :meth:`raise_error` raises the exceptions of callbacks."""

    def __init__(self, window: ByteRange) -> None:
        self._window, self._position, self._block = window, 0, b""
        self._trouble: BaseException | None = None
        self.callbacks = {"read": _Read(self._read), "skip": _Skip(self._skip), "seek": _Seek(self._seek)}

    def raise_error(self) -> None:
        """Raise the exception of a callback, if there was one."""
        trouble, self._trouble = self._trouble, None
        if trouble is not None:
            raise trouble

    def _read(self, _archive: int, _data: int, place: Any) -> int:
        try:
            self._block = self._window.read(self._position, _BLOCK)
        except BaseException as error:
            self._trouble = error
            return _FATAL
        self._position += len(self._block)
        place[0] = ctypes.cast(c_char_p(self._block), c_void_p)
        return len(self._block)

    def _skip(self, _archive: int, _data: int, size: int) -> int:
        size = min(size, self._window.size - self._position)
        self._position += size
        return size

    def _seek(self, _archive: int, _data: int, offset: int, whence: int) -> int:
        self._position = max(0, offset + (0, self._position, self._window.size)[whence])
        return self._position
