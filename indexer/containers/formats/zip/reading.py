"""Read one member of a zip: one read for local header and data, one call to unpack, one checksum."""

import struct
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

from isal import isal_zlib

from indexer.base.errors import BadData
from indexer.containers.bytes.unpacking import inflate, unpack
from indexer.containers.bytes.volumes import BLOCK, ByteRange

Data = TypeVar("Data", bytes, memoryview)

_LOCAL = struct.Struct("<4s2xH18x2H")  # signature, flags, sizes of name and extra fields
_HEADER_GUESS = 160  # header, a name and the extra fields that Info-ZIP and 7-Zip write; longer ones cost a second read
HEADER_ROOM = 512  # bytes to prefetch in addition to the packed bytes: local header, name and extra fields


class Packed(NamedTuple):
    """A zip member: a local header at ``offset`` of the byte range, then ``packed_size`` bytes."""

    offset: int
    packed_size: int
    size: int
    method: str
    crc32: int | None


def read_zip_member(window: ByteRange, member: Packed) -> bytes:
    """Return the member's bytes, of the declared size and checksum. Raises BadData."""
    if member.method == "stored" and member.packed_size == member.size:
        return checked(_stored(window, member), member.crc32)
    data = window.read(member.offset, _HEADER_GUESS + member.packed_size)
    begin = _data_start(data)
    if len(data) < begin + member.packed_size:
        data += window.read(member.offset + len(data), begin + member.packed_size - len(data))
    packed = memoryview(data)[begin : begin + member.packed_size]
    if len(packed) < member.packed_size:
        raise BadData("truncated", f"{member.packed_size} packed bytes declared, {len(packed)} found")
    return checked(_unpacked(packed, member), member.crc32)


def _stored(window: ByteRange, member: Packed) -> bytes:
    """Read header and data separately: cutting the header off would copy the data."""
    data = window.read(data_position(window, member), member.size)
    if len(data) < member.size:
        raise BadData("truncated", f"{member.size} bytes declared, {len(data)} found")
    return data


def _data_start(data: bytes) -> int:
    """Return where a member's data begin, after the local header that ``data`` starts with (APPNOTE.TXT 4.3.7)."""
    if len(data) < _LOCAL.size:
        raise BadData("no local header")
    signature, flags, name, extra = _LOCAL.unpack_from(data)
    if signature != b"PK\3\4":
        raise BadData("no local header")
    if flags & 1:
        raise BadData("encrypted")
    return _LOCAL.size + int(name) + int(extra)


def _unpacked(packed: memoryview, member: Packed) -> bytes:
    if member.method == "deflate":
        return inflate(packed, member.size)
    return b"".join(unpack(member.method, [bytes(packed)], member.size))


def checked(data: Data, crc32: int | None) -> Data:
    """Return ``data`` if its CRC-32 is the expected one. Raises BadData."""
    if crc32 is not None and isal_zlib.crc32(data) != crc32:
        raise BadData("checksum differs", f"CRC-32 {isal_zlib.crc32(data):08x}, declared {crc32:08x}")
    return data


def zip_member_blocks(window: ByteRange, member: Packed) -> Iterator[bytes]:
    """Yield the member's bytes in blocks, then raise BadData if their checksum differs: for members of any size."""
    packed = window.window(data_position(window, member), member.packed_size).blocks(BLOCK)
    yield from checked_blocks(unpack(member.method, packed, member.size), member.crc32)


def data_position(window: ByteRange, member: Packed) -> int:
    """Return where the member's packed bytes begin. Raises BadData if there is no local header."""
    return member.offset + _data_start(window.read(member.offset, _LOCAL.size))


def checked_blocks(blocks: Iterator[bytes], crc32: int | None) -> Iterator[bytes]:
    """Yield ``blocks``, then raise BadData if their CRC-32 is not the expected one."""
    seen = 0
    for block in blocks:
        seen = isal_zlib.crc32(block, seen)
        yield block
    if crc32 is not None and seen != crc32:
        raise BadData("checksum differs", f"CRC-32 {seen:08x}, declared {crc32:08x}")
