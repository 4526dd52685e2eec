"""Check the bytes of members: their number, and their CRC-32."""

from collections.abc import Iterator
from typing import TypeVar

from isal.isal_zlib import crc32 as crc32_of

from indexer.base.errors import BadData
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.kinds import promises_bytes

Data = TypeVar("Data", bound=bytes | bytearray | memoryview)


def checked(data: Data, crc32: int | None) -> Data:
    """Return ``data`` if its CRC-32 is the expected one; None expects any. Raises BadData."""
    if crc32 is not None and crc32_of(data) != crc32:
        raise _difference(crc32_of(data), crc32)
    return data


def checked_blocks(blocks: Iterator[bytes], crc32: int | None) -> Iterator[bytes]:
    """Yield ``blocks``, then raise BadData if their CRC-32 is not the expected one."""
    seen = 0
    for block in blocks:
        seen = crc32_of(block, seen)
        yield block
    if crc32 is not None and seen != crc32:
        raise _difference(seen, crc32)


def _difference(found: int, declared: int) -> BadData:
    return BadData("checksum differs", f"CRC-32 {found:08x}, declared {declared:08x}")


def lost(window: ByteRange, start: int, size: int, found: int) -> BadData:
    """Return why only ``found`` of ``size`` bytes at ``start`` were read: the file ends, or a volume is missing."""
    try:
        window.read(start + found, 1)
    except BadData as missing:
        return missing
    return BadData("truncated", f"{size} bytes declared, {found} found")


def without_data(name: bytes, size: int) -> str | None:
    """Return the problem of an empty member that has the name of an image or a container, else None."""
    return "no data" if size == 0 and promises_bytes(name.decode("utf-8", "replace")) else None
