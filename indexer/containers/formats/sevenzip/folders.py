"""Unpack folders of a 7z by the standard library, if it has their coders.

Method numbers: Methods.txt of the LZMA SDK.
"""

import lzma
from collections.abc import Callable, Iterator

from indexer.base.errors import BadData
from indexer.containers.bytes.unpacking import UNPACKERS, UNPACKING_TROUBLE, decode_rest, lzma_filter
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.formats.sevenzip.models import Coder, Folder

COPY = b"\0"
_ENCRYPTED = (b"\x06\xf1\x07\x01", b"\x06\xf1\x01")
LZMA, LZMA2, _DELTA = b"\x03\x01\x01", b"\x21", b"\x03"
_BRANCHES = {b"\x03\x03\x01\x03": lzma.FILTER_X86, b"\x04": lzma.FILTER_X86}
_NAMES = {COPY: "stored", LZMA: "lzma", LZMA2: "lzma2", b"\x03\x04\x01": "ppmd", b"\x04\x02\x02": "bzip2",
          b"\x04\x01\x08": "deflate", b"\x04\x01\x09": "deflate64", b"\x04\xf7\x11\x01": "zstd"}  # fmt: skip
_BY_LIBARCHIVE = frozenset({b"\x03\x03\x01\x1b", b"\x03\x03\x02\x05", b"\x03\x03\x04\x01", b"\x03\x03\x05\x01",
                            b"\x03\x03\x07\x01", b"\x03\x03\x08\x05", b"\x0a", b"\x0b"})  # fmt: skip
_READABLE = frozenset({*_NAMES, *_BRANCHES, _DELTA, *_BY_LIBARCHIVE})
# Methods that are packed as in zip; the others need the properties of their coder.
_AS_IN_ZIP = frozenset({"stored", "bzip2", "deflate", "deflate64", "zstd"})


def method_of(folder: Folder) -> str:
    """Return the name of the packing method; of several coders, that of the one that packs."""
    names = [_NAMES[coder.id] for coder in folder.coders if coder.id in _NAMES]
    return names[-1] if names else "unknown"


def is_encrypted(folder: Folder) -> bool:
    """Return whether a password is needed."""
    return any(coder.id.startswith(_ENCRYPTED) for coder in folder.coders)


def is_readable(folder: Folder) -> bool:
    """Return whether this package or a recent libarchive knows all of the folder's coders."""
    return all(coder.id in _READABLE for coder in folder.coders)


def is_stored(folder: Folder) -> bool:
    """Return whether the folder's bytes are stored without packing."""
    return len(folder.coders) == 1 and folder.coders[0].id == COPY


def unpacked_folder(window: ByteRange, folder: Folder) -> Iterator[bytes] | None:
    """Return the folder's bytes in blocks, or None if the standard library cannot unpack it. Raises BadData."""
    chain = folder.chain()
    try:
        reader = _reader(chain) if chain else None
    except ValueError as error:
        raise BadData("header damaged", str(error)) from None
    if reader is None:
        return None
    return _unpacked(reader, window.window(folder.position, folder.packed_size).blocks(), folder.size)


def _unpacked(
    reader: Callable[[Iterator[bytes]], Iterator[bytes]], packed: Iterator[bytes], size: int
) -> Iterator[bytes]:
    left = size
    try:
        for block in reader(packed):
            yield block[:left]
            left -= len(block)
            if left <= 0:
                return
    except UNPACKING_TROUBLE as error:
        raise BadData("cannot be unpacked", str(error)) from None
    raise BadData("size differs", f"{left} of {size} bytes are missing")


def _reader(chain: list[Coder]) -> Callable[[Iterator[bytes]], Iterator[bytes]] | None:
    name = _NAMES.get(chain[0].id)
    if len(chain) == 1 and name in _AS_IN_ZIP:
        return UNPACKERS[name]
    filters = _filters(chain)
    if filters is None:
        return None
    return lambda packed: decode_rest(lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters), packed)


def _filters(chain: list[Coder]) -> list[dict[str, int]] | None:
    """Return the chain as filters of :mod:`lzma`, last packed first; None if one of them is missing.

    The x86 filter over LZMA without an end mark keeps its last bytes to itself, so that pair is not for liblzma.
    """
    packer, rest = chain[0], chain[1:]
    if packer.id == LZMA2 and len(packer.properties) == 1:
        last = {"id": lzma.FILTER_LZMA2, "dict_size": _lzma2_dictionary(packer.properties[0])}
    elif packer.id == LZMA and not any(coder.id in _BRANCHES for coder in rest):
        last = lzma_filter(packer.properties)
    else:
        return None
    before = [_filter(coder) for coder in reversed(rest)]
    return [*(found for found in before if found), last] if all(before) else None


def _filter(coder: Coder) -> dict[str, int] | None:
    if coder.id == _DELTA and len(coder.properties) == 1:
        return {"id": lzma.FILTER_DELTA, "dist": coder.properties[0] + 1}
    return {"id": _BRANCHES[coder.id]} if coder.id in _BRANCHES else None


def _lzma2_dictionary(code: int) -> int:
    """Return the dictionary size in bytes for LZMA2's one byte of properties."""
    if code > 40:
        raise BadData("header damaged", f"LZMA2 dictionary {code}")
    return 0xFFFFFFFF if code == 40 else max(4096, (2 | code & 1) << (code // 2 + 11))
