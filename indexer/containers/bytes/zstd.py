"""Unpack zstd frames with windows over 128 MiB, as ``zstd --long=31`` writes them, by the library that libarchive uses.

Arrow and libarchive refuse such frames. RFC 8878, section 3.1.1, has the frame header; zstd.h the functions.
"""

import ctypes
import ctypes.util
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any

from indexer.base.errors import BadData

USUAL_WINDOW = 1 << 27  # bytes: what zstd's readers allow without an option
_MAGIC = b"\x28\xb5\x2f\xfd"
_SIZES_OF_DICTIONARY = (0, 1, 2, 4)
_WINDOW_LOG_MAX = 100  # ZSTD_d_windowLogMax
_ROOM = 1 << 20


class _Buffer(ctypes.Structure):
    _fields_ = (("data", ctypes.c_void_p), ("size", ctypes.c_size_t), ("position", ctypes.c_size_t))


def window_of(head: bytes) -> int:
    """Return the size in bytes of the window that a frame declares; 0 if ``head`` begins no frame or is too short."""
    if not head.startswith(_MAGIC) or len(head) < 18:
        return 0
    descriptor = head[4]
    if not descriptor & 0x20:
        exponent, mantissa = head[5] >> 3, head[5] & 7
        return (1 << (10 + exponent)) // 8 * (8 + mantissa)
    start = 5 + _SIZES_OF_DICTIONARY[descriptor & 3]  # a single segment: the window is the content
    size = 1 << (descriptor >> 6)
    return int.from_bytes(head[start : start + size], "little") + (256 if size == 2 else 0)


def with_large_window(packed: Iterator[bytes], window: int) -> Iterator[bytes]:
    """Yield what the frames unpack to; their windows have at most ``window`` bytes. Raises BadData."""
    library = _library()
    with ExitStack() as stack:
        stream = library.ZSTD_createDStream()
        stack.callback(library.ZSTD_freeDStream, stream)
        _check(library, library.ZSTD_DCtx_setParameter(stream, _WINDOW_LOG_MAX, min(31, (window - 1).bit_length())))
        room, left = ctypes.create_string_buffer(_ROOM), 0
        for block in packed:
            source = _Buffer(ctypes.cast(ctypes.c_char_p(block), ctypes.c_void_p), len(block), 0)
            is_full = False
            while source.position < source.size or is_full:
                target = _Buffer(ctypes.cast(room, ctypes.c_void_p), _ROOM, 0)
                left = _check(
                    library, library.ZSTD_decompressStream(stream, ctypes.byref(target), ctypes.byref(source))
                )
                is_full = target.position == _ROOM
                if target.position:
                    yield room.raw[: target.position]
        if left:
            raise BadData("damaged stream", "zstd: the packed bytes end early")


def _check(library: Any, code: int) -> int:
    if library.ZSTD_isError(code):
        raise BadData("damaged stream", f"zstd: {library.ZSTD_getErrorName(code).decode()}")
    return code


@cache
def _library() -> Any:
    """Return the shared library with the types of its functions. Raises BadData if it is missing."""
    name = ctypes.util.find_library("zstd")
    if name is None:
        raise BadData("format not supported", "zstd with a window over 128 MiB: install libzstd1 (apt) or zstd (brew)")
    library = ctypes.CDLL(name)
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    for function, result, arguments in (
        ("ZSTD_createDStream", pointer, ()),
        ("ZSTD_freeDStream", size, (pointer,)),
        ("ZSTD_DCtx_setParameter", size, (pointer, ctypes.c_int, ctypes.c_int)),
        ("ZSTD_decompressStream", size, (pointer, pointer, pointer)),
        ("ZSTD_isError", ctypes.c_uint, (size,)),
        ("ZSTD_getErrorName", ctypes.c_char_p, (size,)),
    ):
        getattr(library, function).restype = result
        getattr(library, function).argtypes = arguments
    return library
