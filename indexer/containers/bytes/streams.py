"""Compressed streams unpacked in passing, their checksums verified by the libraries that do it.

libarchive checks no gzip CRC, so it never sees a stream that one of these reads.
"""

import bz2
import lzma
from collections.abc import Callable, Iterator

from indexer.base.errors import BadData
from indexer.containers.bytes.gunzip import gunzip
from indexer.containers.bytes.unpacking import UNPACKING_TROUBLE, Decoder, arrow_codec, decode, drain
from indexer.containers.bytes.volumes import ByteRange


def _each_stream(decoder: Callable[[], Decoder]) -> Callable[[Iterator[bytes]], Iterator[bytes]]:
    """Unpack streams that stand one behind the other, as parallel compressors write them; zeros between are padding."""

    def unpack(packed: Iterator[bytes]) -> Iterator[bytes]:
        current, left = decoder(), b""
        for block in packed:
            left = block
            while left := left.lstrip(b"\0") if current.eof else left:
                current = decoder() if current.eof else current
                yield from drain(current, left, None)
                left = current.unused_data
        if not current.eof:
            raise EOFError("the packed bytes end early")

    return unpack


_UNPACKERS: dict[str, Callable[[Iterator[bytes]], Iterator[bytes]]] = {
    "gzip": gunzip,
    "bzip2": _each_stream(bz2.BZ2Decompressor),
    "xz": _each_stream(lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ)),
    "lzma": lambda packed: decode(lzma.LZMADecompressor(lzma.FORMAT_ALONE), packed),
    "zstd": arrow_codec("zstd"),
    "lz4": arrow_codec("lz4"),
}
READABLE = frozenset(_UNPACKERS)


def unpacked(window: ByteRange, compression: str) -> Iterator[bytes]:
    """What a compressed window holds, block by block. Raises BadData where the stream is damaged or cut off."""
    try:
        yield from _UNPACKERS[compression](window.blocks())
    except UNPACKING_TROUBLE as error:
        raise BadData("damaged stream", f"{compression}: {error}") from None


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
