"""List a zip without its directory, from local headers: for archives whose end is missing.

APPNOTE.TXT 6.3.10, 4.3.7 (local header), 4.3.9 (data descriptor), 4.5.3 (ZIP64).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from isal import igzip_lib, isal_zlib

from indexer.base.errors import BadData
from indexer.containers.bytes.unpacking import UNPACKING_TROUBLE, drain
from indexer.containers.bytes.volumes import BLOCK, ByteRange
from indexer.containers.formats.zip.methods import READABLE, zip_method
from indexer.containers.formats.zip.reading import Packed, zip_member_blocks
from indexer.containers.kinds import promises_bytes
from indexer.containers.members.rows import Health, Row, decoded
from indexer.containers.models import Access
from indexer.containers.problems import CODES

_LOCAL = struct.Struct("<4s5H3L2H")
_SIGNATURE = b"PK\3\4"
_DESCRIPTOR = b"PK\7\x08"
_ENCRYPTED, _SIZES_BEHIND = 0x1, 0x8
_FULL32 = 0xFFFFFFFF
_END_SEARCHED = 1 << 17  # bytes before a member that may have an end record and its comment
_MOST_SEARCHED = 256 << 20  # bytes without a header after which the search ends


@dataclass(frozen=True, slots=True)
class _Local:
    """A local header at ``offset``; the packed bytes begin at ``data``."""

    offset: int
    data: int
    flags: int
    method: str
    crc32: int
    packed_size: int
    size: int
    name: bytes


def salvaged_rows(window: ByteRange, health: Health) -> Iterator[Row]:
    """Yield a row for each member whose local header is found. Folders have no row, but count as ordinals.

    Members that occur twice, and an end record that other members follow, are findings: volumes were joined wrongly.
    """
    position = ordinal = repeated = 0
    seen: set[tuple[bytes, int, int]] = set()
    has_early_end = False
    while (found := _next_local(window, position)) is not None:
        has_early_end = has_early_end or _has_end_record(window, position, found)
        position = found
        local = _read_local(window, position)
        if local is None:
            position += len(_SIGNATURE)
            continue
        local = _with_sizes(window, local)
        if not local.name.endswith(b"/"):
            identity = (local.name, local.crc32, local.size)
            repeated += identity in seen
            seen.add(identity)
            yield _row(local, ordinal, window.size, health)
        ordinal += 1
        position = _next_position(window, local)
    if repeated:
        health.add("volume-order", f"{repeated} members are in the file twice: a volume was joined twice")
    if has_early_end:
        health.add("volume-order", "members follow the zip's end record: volumes were joined in the wrong order, the"
                   " last volume first, or several zips were joined")  # fmt: skip


def _next_position(window: ByteRange, local: _Local) -> int:
    """Return where to search the next member: behind this one, or inside if it is shorter than declared.

    Bytes were lost if no signature follows the member and its checksum differs; the next header is in its range then.
    """
    stop, inside = local.data + local.packed_size, local.offset + len(_SIGNATURE)
    if stop >= window.size or local.packed_size == 0 or local.method not in READABLE:
        return max(stop, inside)
    member = Packed(local.offset, local.packed_size, local.size, local.method, local.crc32)
    try:
        if window.read(stop, 2) != b"PK":
            for _ in zip_member_blocks(window, member):
                pass
    except BadData:
        return inside
    return stop


def _has_end_record(window: ByteRange, start: int, end: int) -> bool:
    """Return whether an end record begins between ``start`` and ``end``, in the last bytes before ``end``."""
    begin = max(start, end - _END_SEARCHED)
    try:
        return end > begin and b"PK\5\6" in window.read(begin, end - begin)
    except BadData:
        return False


def _next_local(window: ByteRange, position: int) -> int | None:
    """Return where the next local header may be, at or after ``position``; room of missing volumes is skipped."""
    stop = min(window.size, position + _MOST_SEARCHED)
    while position < stop:
        try:
            block = window.read(position, BLOCK)
        except BadData:
            position = window.next_part(position)
            stop = min(window.size, position + _MOST_SEARCHED)
            continue
        found = block.find(_SIGNATURE)
        if found >= 0:
            return position + found
        position += max(1, len(block) - len(_SIGNATURE) + 1)
    return None


def _read_local(window: ByteRange, position: int) -> _Local | None:
    """Return the header at ``position``, or None if its numbers are impossible."""
    head = window.read(position, _LOCAL.size)
    if len(head) < _LOCAL.size:
        return None
    _, needs, flags, method, _, _, crc32, packed_size, size, name_size, extra_size = _LOCAL.unpack(head)
    rest = window.read(position + _LOCAL.size, name_size + extra_size)
    name, extra = rest[:name_size], rest[name_size:]
    if len(rest) < name_size + extra_size or needs & 0xFF > 63 or not name or b"\0" in name:
        return None
    if _FULL32 in (size, packed_size):
        size, packed_size = _zip64(extra, size, packed_size)
    data = position + _LOCAL.size + name_size + extra_size
    return _Local(position, data, flags, zip_method(method), crc32, packed_size, size, name)


def _zip64(extra: bytes, size: int, packed_size: int) -> tuple[int, int]:
    """Return both sizes from the ZIP64 field; in a local header it has both (4.5.3)."""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<2H", extra)
        if kind == 1 and length >= 16 and len(extra) >= 20:
            size, packed_size = struct.unpack_from("<2Q", extra, 4)
            break
        extra = extra[4 + length :]
    return size, packed_size


def _with_sizes(window: ByteRange, local: _Local) -> _Local:
    """Return ``local`` with the sizes that follow its data, if its flags declare them."""
    if not local.flags & _SIZES_BEHIND or local.packed_size or local.method not in READABLE:
        return local
    measured = (
        _measured_deflate(window, local.data) if local.method == "deflate" else _by_descriptor(window, local.data)
    )
    crc32, packed_size, size = measured or (local.crc32, window.size - local.data + 1, 0)
    return replace(local, crc32=crc32, packed_size=packed_size, size=size)


def _measured_deflate(window: ByteRange, start: int) -> tuple[int, int, int] | None:
    """Return CRC-32, packed and unpacked size of the deflate stream at ``start``; None if it has no end."""
    decoder = igzip_lib.IgzipDecompressor(igzip_lib.DECOMP_DEFLATE)
    crc32 = size = 0
    for position in range(start, window.size, BLOCK):
        data = window.read(position, BLOCK)
        try:
            for block in drain(decoder, data, None):
                crc32, size = isal_zlib.crc32(block, crc32), size + len(block)
        except UNPACKING_TROUBLE:
            return None
        if decoder.eof:
            return crc32, position + len(data) - len(decoder.unused_data) - start, size
    return None


def _by_descriptor(window: ByteRange, start: int) -> tuple[int, int, int] | None:
    """Return the same from the first data descriptor whose packed size equals its distance from ``start``."""
    position, tail = start, b""
    while data := window.read(position, BLOCK):
        block, base = tail + data, position - len(tail)
        place = block.find(_DESCRIPTOR)
        while 0 <= place <= len(block) - 16:
            crc32, packed_size, size = struct.unpack_from("<3L", block, place + 4)
            if packed_size == base + place - start:
                return crc32, packed_size, size
            place = block.find(_DESCRIPTOR, place + 1)
        position, tail = position + len(data), block[-15:]
    return None


def _row(local: _Local, ordinal: int, end: int, health: Health) -> Row:
    problem = _problem(local, end)
    if problem:
        health.add(CODES[problem], f"{decoded(local.name)[0]}: {problem}", ordinal)
    return Row(
        ordinal=ordinal,
        name=local.name,
        size=None if problem == "truncated" and not local.size else local.size,
        access=Access.ZIP,
        packed_size=min(local.packed_size, end - local.data),
        method=local.method,
        crc32=local.crc32,
        offset=local.offset,
        problem=problem,
    )


def _problem(local: _Local, end: int) -> str | None:
    if local.flags & _ENCRYPTED:
        return "encrypted"
    if local.method not in READABLE:
        return "method not supported"
    if local.data + local.packed_size > end:
        return "truncated"
    empty = local.size == 0 and promises_bytes(decoded(local.name)[0])
    return "no data" if empty else None
