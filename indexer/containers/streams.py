"""Compressed streams unpacked in passing, their checksums verified by the libraries that do it.

libarchive checks no gzip CRC, so it never sees a stream that one of these reads.
"""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import pyarrow as pa
from isal import igzip, igzip_lib

from indexer.containers.volumes import BLOCK, Window
from indexer.errors import BadData

_TROUBLE: Any = (
    OSError,
    EOFError,
    lzma.LZMAError,
    zlib.error,
    igzip_lib.error,
    pa.ArrowInvalid,
)


class WindowFile(io.RawIOBase):
    """A window as a file, for libraries that read files."""

    def __init__(self, window: Window) -> None:
        self._window, self._position = window, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` as far as there are bytes."""
        data = self._window.read(self._position, len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def _arrow(codec: str) -> Callable[[Any], Any]:
    return lambda file: pa.CompressedInputStream(pa.PythonFile(file, mode="r"), codec)


_OPENERS: dict[str, Callable[[BinaryIO], Any]] = {
    "gzip": igzip.open,
    "bzip2": bz2.BZ2File,
    "xz": lzma.LZMAFile,
    "lzma": lzma.LZMAFile,
    "zstd": _arrow("zstd"),
    "lz4": _arrow("lz4"),
}
READABLE = frozenset(_OPENERS)


class Stream:
    """Bytes that come block by block, read at growing positions; a block is kept to look ahead in."""

    size: int | None = None

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._start, self._block = 0, b""

    def read(self, offset: int, size: int) -> bytes:
        """``size`` bytes at ``offset``, fewer at the end; ``offset`` may lie a little before the last read's end.

        Raises what the blocks raise, BadData mostly, and ValueError for a position that has gone by.
        """
        if offset < self._start:
            raise ValueError(f"position {offset} of a stream has gone by")
        while offset >= self._start + len(self._block) and (block := next(self._blocks, b"")):
            self._start += len(self._block)
            self._block = block
        within = offset - self._start
        blocks, have = [self._block], len(self._block) - within
        while have < size and (block := next(self._blocks, b"")):
            blocks.append(block)
            have += len(block)
        self._block = b"".join(blocks) if len(blocks) > 1 else self._block
        return self._block[within : within + size]

    def rest(self) -> Iterator[bytes]:
        """Everything from the start on, where nothing but a look ahead was read."""
        yield self._block
        for block in self._blocks:
            self._start += len(self._block)
            self._block = block
            yield block


def unpacked(window: Window, compression: str) -> Iterator[bytes]:
    """What a compressed window holds, block by block. Raises BadData where the stream is damaged or cut off."""
    try:
        with _OPENERS[compression](io.BufferedReader(WindowFile(window), BLOCK)) as file:
            while block := file.read(BLOCK):
                yield block
    except _TROUBLE as error:
        raise BadData("damaged stream", f"{compression}: {error}") from None
