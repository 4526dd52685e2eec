"""Unpack compressed streams sequentially; the libraries verify the checksums.

libarchive does not verify the CRC of gzip, so it is not used for these streams.
"""

import bz2
import lzma
from collections.abc import Callable, Iterator

from indexer.base.errors import BadData
from indexer.containers.bytes.gunzip import gunzip
from indexer.containers.bytes.unpacking import UNPACKING_TROUBLE, Decoder, arrow_codec, decode, drain
from indexer.containers.bytes.volumes import ByteRange


def _each_stream(decoder: Callable[[], Decoder]) -> Callable[[Iterator[bytes]], Iterator[bytes]]:
    """Return a function that unpacks consecutive streams, as parallel compressors write them, with zeros as padding."""

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
    """Yield the contents of a compressed byte range in blocks. Raises BadData if the stream is damaged or truncated."""
    try:
        yield from _UNPACKERS[compression](window.blocks())
    except UNPACKING_TROUBLE as error:
        raise BadData("damaged stream", f"{compression}: {error}") from None


class Stream:
    """A stream of blocks that is read at increasing positions; the bytes after the last one are kept."""

    size: int | None = None

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._start, self._block = 0, b""

    def read(self, offset: int, size: int) -> bytes:
        """Return ``size`` bytes at ``offset``, fewer at the end; ``offset`` is at least the one before.

        Raises BadData if the stream is damaged, ValueError if the position has passed.
        """
        if offset < self._start:
            raise ValueError(f"position {offset} of a stream has passed")
        while offset >= self._start + len(self._block) and (block := next(self._blocks, b"")):
            self._start += len(self._block)
            self._block = block
        more, have = [], self._start + len(self._block) - offset
        while have < size and (block := next(self._blocks, b"")):
            more.append(block)
            have += len(block)
        if more:  # the bytes before are not kept: the block would grow with the stream
            self._start, self._block = offset, b"".join([self._block[offset - self._start :], *more])
        within = offset - self._start
        return self._block[within : within + size]

    def rest(self) -> Iterator[bytes]:
        """Yield all bytes from the start, if only the first block was read before."""
        yield self._block
        for block in self._blocks:
            self._start += len(self._block)
            self._block = block
            yield block
