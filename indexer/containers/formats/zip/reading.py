"""Read one member of a zip: its local header, its data, one call to unpack, one checksum."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from indexer.base.errors import BadData
from indexer.containers.bytes.unpacking import inflate, unpack
from indexer.containers.bytes.volumes import BLOCK, ByteRange
from indexer.containers.formats.zip.local_header import LOCAL_HEADER
from indexer.containers.members.checking import checked, checked_blocks, lost

_local_fields = struct.Struct("<4s2xH18x2H").unpack_from  # signature, flags, sizes of name and extra fields
HEADER_ROOM = 512  # bytes to prefetch in addition to the packed bytes: local header, name and extra fields


class Packed(NamedTuple):
    """A zip member: a local header at ``offset`` of the byte range, then ``packed_size`` bytes."""

    offset: int
    packed_size: int
    size: int
    method: str
    crc32: int | None


def read_zip_member(window: ByteRange, member: Packed) -> bytes | bytearray:
    """Return the member's bytes, of the declared size and checksum. Raises BadData."""
    start = data_position(window, member.offset)
    data = window.read(start, member.packed_size)
    if len(data) < member.packed_size:
        raise lost(window, start, member.packed_size, len(data))
    if member.method == "deflate":
        return checked(inflate(data, member.size), member.crc32)
    return checked(b"".join(unpack(member.method, [data], member.size)), member.crc32)


def zip_member_blocks(window: ByteRange, member: Packed) -> Iterator[bytes]:
    """Yield the member's bytes in blocks, then raise BadData if their checksum differs: for members of any size."""
    packed = window.window(data_position(window, member.offset), member.packed_size).blocks(BLOCK)
    yield from checked_blocks(unpack(member.method, packed, member.size), member.crc32)


def data_position(window: ByteRange, offset: int) -> int:
    """Return where the packed bytes of the member at ``offset`` begin: after its local header (APPNOTE.TXT 4.3.7).

    Raises BadData if there is no local header, or if the bytes are encrypted.
    """
    try:
        signature, flags, name, extra = _local_fields(window.read(offset, LOCAL_HEADER))
    except struct.error:  # too few bytes
        raise BadData("no local header") from None
    if signature != b"PK\3\4":
        raise BadData("no local header")
    if flags & 1:
        raise BadData("encrypted")
    position: int = offset + LOCAL_HEADER + name + extra
    return position
