"""Unpack the methods of zip and 7z; never more bytes than were declared."""

import bz2
import contextlib
import io
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any, Protocol

import deflate
import pyarrow as pa
from isal import igzip_lib

from indexer.base.errors import BadData

_BLOCK = 1 << 20
_MOST_AT_ONCE = 1 << 26  # bytes
_SMALL_BLOCK = 1 << 16  # damage costs the block that has it
UNPACKING_TROUBLE: Any = (zlib.error, igzip_lib.error, lzma.LZMAError, OSError, EOFError, ValueError)


class Decoder(Protocol):
    """The interface of the standard library's decompressors."""

    @property
    def eof(self) -> bool:
        """Return whether the packed bytes have ended."""

    @property
    def unused_data(self) -> bytes:
        """Return the bytes after their end."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Return the next bytes, at most ``max_length``; call again without data for the rest."""


def inflate(data: bytes | memoryview, size: int) -> bytes | bytearray:
    """Unpack ``data`` in raw deflate to ``size`` bytes. Raises BadData.

    libdeflate is a fifth faster, but gives no reasons, and allocates ``size`` bytes before it has seen any.
    """
    if 0 < size <= _MOST_AT_ONCE:  # for no bytes it succeeds with any stream
        with contextlib.suppress(deflate.DeflateError):
            found: bytearray = deflate.deflate_decompress(data, size)
            if len(found) == size:
                return found
    decoder = igzip_lib.IgzipDecompressor(igzip_lib.DECOMP_DEFLATE)
    try:
        unpacked: bytes = decoder.decompress(data, size)
    except UNPACKING_TROUBLE as error:
        raise BadData("cannot be unpacked", str(error)) from None
    return unpacked if decoder.eof and len(unpacked) == size else _all_of(decoder, unpacked, size)


def _all_of(decoder: Decoder, unpacked: bytes, size: int) -> bytes:
    """Unpack the rest if one call did not reach the end, for example if the end is a block of its own."""
    blocks = [unpacked, *drain(decoder, b"", size - len(unpacked) + 1)]
    return _whole(b"".join(blocks), size)


def _whole(unpacked: bytes, size: int) -> bytes:
    if len(unpacked) != size:
        raise BadData("size differs", f"{size} bytes declared, {len(unpacked)} or more unpacked")
    return unpacked


def unpack(method: str, packed: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Yield a zip member in blocks, unpacked to ``size`` bytes. Raises BadData if there are more or fewer."""
    if method not in UNPACKERS:
        raise BadData("method not supported", method)
    try:
        yield from _limited(UNPACKERS[method](iter(packed)), size)
    except UNPACKING_TROUBLE as error:
        raise BadData("cannot be unpacked", f"{method}: {error}") from None


def _limited(blocks: Iterator[bytes], size: int) -> Iterator[bytes]:
    seen = 0
    for block in blocks:
        seen += len(block)
        if seen > size:
            raise BadData("size differs", f"{size} bytes declared, {seen} or more unpacked")
        yield block
    if seen < size:
        raise BadData("size differs", f"{size} bytes declared, {seen} unpacked")


def decode(decoder: Decoder, packed: Iterable[bytes]) -> Iterator[bytes]:
    """Yield everything that ``decoder`` unpacks. Raises EOFError if the packed bytes end early."""
    for block in packed:
        yield from drain(decoder, block, None)
        if decoder.eof:
            return
    raise EOFError("the packed bytes end early")


def drain(decoder: Decoder, data: bytes, most: int | None) -> Iterator[bytes]:
    """Yield everything that ``data`` unpacks to, in blocks; at most ``most`` bytes."""
    while not decoder.eof and (most is None or most > 0):
        block = decoder.decompress(data, _BLOCK if most is None else min(_BLOCK, most))
        data = b""
        if not block:
            return
        most = most if most is None else most - len(block)
        yield block


class _Inflate64:
    """Deflate64 with the interface of Decoder. The library unpacks whole blocks, so packed blocks must be small."""

    def __init__(self) -> None:
        try:
            import inflate64  # noqa: PLC0415 - it has no wheels for the newest Python
        except ModuleNotFoundError:
            raise BadData("needs a package", "deflate64: pip install inflate64") from None
        self._inflater = inflate64.Inflater()

    @property
    def eof(self) -> bool:
        return bool(self._inflater.eof)

    @property
    def unused_data(self) -> bytes:
        return b""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:  # noqa: ARG002
        return bytes(self._inflater.inflate(data)) if data else b""


def inflated64(packed: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack Deflate64."""
    small = (block[at : at + _SMALL_BLOCK] for block in packed for at in range(0, len(block), _SMALL_BLOCK))
    return decode(_Inflate64(), small)


def _zip_lzma(packed: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack LZMA in zip: version, length of properties, properties, raw stream (APPNOTE.TXT 5.8.8)."""
    head = next(packed, b"")
    length = int.from_bytes(head[2:4], "little")
    filters = [lzma_filter(head[4 : 4 + length])]
    decoder = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)
    yield from decode_rest(decoder, chain([head[4 + length :]], packed))


def decode_rest(decoder: Decoder, packed: Iterable[bytes]) -> Iterator[bytes]:
    """Yield everything that ``decoder`` unpacks from a stream without an end mark."""
    for block in packed:
        yield from drain(decoder, block, None)


def lzma_filter(properties: bytes) -> dict[str, int]:
    """Return the filter of :mod:`lzma` for five bytes of LZMA properties. Raises ValueError."""
    if len(properties) != 5 or properties[0] >= 225:
        raise ValueError("bad LZMA properties")
    packed, dictionary = properties[0], int.from_bytes(properties[1:], "little")
    positions, literals = divmod(packed, 45)
    return {
        "id": lzma.FILTER_LZMA1,
        "dict_size": max(dictionary, 4096),
        "lc": literals % 9,
        "lp": literals // 9,
        "pb": positions,
    }


class _Reader(io.RawIOBase):
    """Blocks as a file, for libraries that read files."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._left = blocks, b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        self._left = self._left or next(self._blocks, b"")
        piece = self._left if size < 0 else self._left[:size]
        self._left = self._left[len(piece) :]
        return piece


def arrow_codec(codec: str) -> Callable[[Iterator[bytes]], Iterator[bytes]]:
    """Return a function that unpacks any number of ``zstd`` or ``lz4`` frames; their checksums are verified."""

    def read(packed: Iterator[bytes]) -> Iterator[bytes]:
        with pa.CompressedInputStream(pa.PythonFile(_Reader(packed), mode="r"), codec) as stream:
            while block := stream.read(_SMALL_BLOCK):
                yield block

    return read


UNPACKERS: dict[str, Callable[[Iterator[bytes]], Iterator[bytes]]] = {
    "stored": lambda packed: packed,
    "deflate": lambda packed: decode(igzip_lib.IgzipDecompressor(igzip_lib.DECOMP_DEFLATE), packed),
    "deflate64": inflated64,
    "bzip2": lambda packed: decode(bz2.BZ2Decompressor(), packed),
    "lzma": _zip_lzma,
    "xz": lambda packed: decode(lzma.LZMADecompressor(lzma.FORMAT_XZ), packed),
    "zstd": arrow_codec("zstd"),
}
