"""Unpack gzip streams of any number of members; checksums are verified (RFC 1952). Blocks before damage are yielded."""

import struct
from collections.abc import Iterator

from isal import igzip_lib, isal_zlib

from indexer.containers.bytes.unpacking import drain

_TEXTS = (0x08, 0x10)  # name and comment, each up to a zero byte
_CHECKSUM, _EXTRA = 0x02, 0x04


def gunzip(packed: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the contents of all members in blocks. Raises EOFError if they end early, ValueError for damage."""
    source = _Source(packed)
    first = True
    while first or source.skip_zeros():
        _skip_header(source)
        yield from _member(source)
        first = False


def _member(source: "_Source") -> Iterator[bytes]:
    decoder = igzip_lib.IgzipDecompressor(igzip_lib.DECOMP_DEFLATE)
    crc32 = size = 0
    while not decoder.eof:
        for block in drain(decoder, source.any(), None):
            crc32, size = isal_zlib.crc32(block, crc32), size + len(block)
            yield block
    source.put_back(decoder.unused_data)
    if struct.unpack("<LL", source.take(8)) != (crc32, size & 0xFFFFFFFF):
        raise ValueError("checksum differs")


def _skip_header(source: "_Source") -> None:
    magic, method, flags = struct.unpack("<HBB6x", source.take(10))
    if (magic, method) != (0x8B1F, 8):
        raise ValueError("no gzip member where one should begin")
    if flags & _EXTRA:
        source.take(int.from_bytes(source.take(2), "little"))
    for text in _TEXTS:
        if flags & text:
            source.skip_text()
    if flags & _CHECKSUM:
        source.take(2)


class _Source:
    """A reader of packed blocks that takes bytes from the front and can put some back."""

    def __init__(self, packed: Iterator[bytes]) -> None:
        self._packed, self._left = packed, b""

    def any(self) -> bytes:
        """Return the next bytes, of any number. Raises EOFError if there are none."""
        block, self._left = self._left or self._next(), b""
        return block

    def take(self, size: int) -> bytes:
        """Return ``size`` bytes. Raises EOFError if there are fewer."""
        while len(self._left) < size:
            self._left += self._next()
        taken, self._left = self._left[:size], self._left[size:]
        return taken

    def skip_text(self) -> None:
        """Skip all bytes up to and including a zero byte. Raises EOFError if there is none."""
        while b"\0" not in self._left:
            self._left = self._next()
        self._left = self._left.partition(b"\0")[2]

    def _next(self) -> bytes:
        block = next(self._packed, b"")
        if not block:
            raise EOFError("the packed bytes end early")
        return block

    def put_back(self, data: bytes) -> None:
        """Put bytes back, which are taken next."""
        self._left = data + self._left

    def skip_zeros(self) -> bool:
        """Skip padding; return whether anything follows."""
        self._left = self._left.lstrip(b"\0")
        while not self._left and (block := next(self._packed, b"")):
            self._left = block.lstrip(b"\0")
        return bool(self._left)
