"""Damage of image files, by kind: as disks and broken downloads cause it, and in the structures of formats."""

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from random import Random

from indexer.images.metadata.png import SIGNATURE, chunk_of

_ENDS = {b"\xff\xd8": b"\xff\xd9", b"\x89P": chunk_of(b"IEND", b""), b"GI": b"\0\x3b"}
Chunk = tuple[bytes, bytes]


def damage(data: bytes, other: bytes, chance: Random) -> tuple[str, bytes]:
    """Return a kind of damage, and a damaged copy of a file; ``other`` is another file of its format."""
    kinds = dict(_ANYWHERE)
    if data.startswith(SIGNATURE):
        kinds |= _PNG
    if data.startswith(b"\xff\xd8"):
        kinds |= _JPEG
    if data.startswith(b"RIFF"):
        kinds |= _RIFF
    kind = chance.choice(sorted(kinds))
    return kind, kinds[kind](data, other, chance)


def _place(data: bytes, chance: Random) -> int:
    """Return a position; a fifth of them are in the first 400 bytes, where headers are."""
    return chance.randrange(min(len(data), 400) if chance.random() < 0.2 else len(data))


def _cut(data: bytes, _: bytes, chance: Random) -> bytes:
    return data[: _place(data, chance)]


def _cut_near_end(data: bytes, _: bytes, chance: Random) -> bytes:
    return data[: -chance.randint(1, min(40, len(data) - 1))]


def _cut_and_ended(data: bytes, other: bytes, chance: Random) -> bytes:
    return _cut(data, other, chance) + _ENDS.get(data[:2], b"")


def _flip(data: bytes, _: bytes, chance: Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def _zero(size: int) -> Callable[[bytes, bytes, Random], bytes]:
    def zeroed(data: bytes, _: bytes, chance: Random) -> bytes:
        at = _place(data, chance)
        return data[:at] + bytes(len(data[at : at + size])) + data[at + size :]

    return zeroed


def _zero_tail(data: bytes, _: bytes, chance: Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + bytes(len(data) - at)


def _repeat(data: bytes, _: bytes, chance: Random) -> bytes:
    at, size = _place(data, chance), chance.choice((64, 512, 2_048))
    return data[: at + size] + data[at:]


def _exchange(data: bytes, _: bytes, chance: Random) -> bytes:
    size = chance.choice((64, 512, 1_024))
    at = _place(data, chance)
    return data[:at] + data[at + size : at + 2 * size] + data[at : at + size] + data[at + 2 * size :]


def _insert(data: bytes, _: bytes, chance: Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + chance.randbytes(chance.choice((1, 2, 7, 300))) + data[at:]


def _delete(data: bytes, _: bytes, chance: Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + data[at + chance.choice((1, 2, 7, 300)) :]


def _other_tail(data: bytes, other: bytes, chance: Random) -> bytes:
    return data[: _place(data, chance)] + other[_place(other, chance) :]


def _append(data: bytes, other: bytes, chance: Random) -> bytes:
    return data + other[_place(other, chance) :]


_ANYWHERE = {
    "cut": _cut, "cut near the end": _cut_near_end, "cut, with an end marker": _cut_and_ended, "flipped bit": _flip,
    "512 bytes zeroed": _zero(512), "4096 bytes zeroed": _zero(4_096), "tail zeroed": _zero_tail,
    "block repeated": _repeat, "blocks exchanged": _exchange, "bytes inserted": _insert, "bytes deleted": _delete,
    "tail of another file": _other_tail, "another tail appended": _append,
}  # fmt: skip


def _chunks(data: bytes) -> Iterator[Chunk]:
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def _png(chunks: list[Chunk]) -> bytes:
    return SIGNATURE + b"".join(chunk_of(*chunk) for chunk in chunks)


def _chunk_flip(data: bytes, _: bytes, chance: Random) -> bytes:
    chunks = list(_chunks(data))
    at = chance.choice([number for number, (_, body) in enumerate(chunks) if body])
    chunks[at] = chunks[at][0], _flip(chunks[at][1], b"", chance)
    return _png(chunks)


def _chunk_length(data: bytes, _: bytes, chance: Random) -> bytes:
    """Change the length of a chunk, without its checksum."""
    at, chunks = len(SIGNATURE), list(_chunks(data))
    chosen = chance.randrange(len(chunks))
    at += sum(12 + len(body) for _, body in chunks[:chosen])
    return data[:at] + struct.pack(">I", _number(len(chunks[chosen][1]), chance)) + data[at + 4 :]


def _chunk_cut(data: bytes, _: bytes, chance: Random) -> bytes:
    """Shorten or lengthen a chunk, with the right length and checksum."""
    chunks = list(_chunks(data))
    at = chance.randrange(len(chunks))
    name, body = chunks[at]
    chunks[at] = name, chance.choice((body[: len(body) // 2], body[:-1], body + b"\0", body + body, b""))
    return _png(chunks)


def _chunk_order(data: bytes, _: bytes, chance: Random) -> bytes:
    """Drop, repeat or move a chunk."""
    chunks = list(_chunks(data))
    chunk = chunks[chance.randrange(len(chunks))]
    if chance.random() < 0.7:
        chunks.remove(chunk)
    if chance.random() < 0.7:
        chunks.insert(chance.randrange(len(chunks) + 1), chunk)
    return _png(chunks)


def _pixel_rows(data: bytes, _: bytes, chance: Random) -> bytes:
    """Change, shorten or lengthen the unpacked rows, and pack them without a fault."""
    chunks = list(_chunks(data))
    rows = zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT"))
    at = chance.randrange(len(rows))
    number = bytes([chance.choice((5, 6, 200, 255))])
    rows = chance.choice((rows[:at], rows[:-1], rows + number, number + rows[1:], rows[:at] + number + rows[at + 1 :]))
    window = chance.choice((15, 15, 9))
    deflater = zlib.compressobj(chance.randrange(10), zlib.DEFLATED, window)
    packed = deflater.compress(rows) + deflater.flush()
    if chance.random() < 0.3:
        packed = chance.choice((packed[:-4], packed[:-1], packed + b"\0\0", packed[:-4] + b"\0\0\0\0"))
    if chance.random() < 0.2:  # another header of zlib: a small window, or a preset dictionary
        first, flags = chance.choice((0x08, 0x18, 0x78, 0x88, 0x79)), chance.choice((0, 0x20))
        packed = bytes((first, flags + (31 - (first << 8 | flags) % 31) % 31)) + packed[2:]
    first_pixels = next(number for number, (name, _) in enumerate(chunks) if name == b"IDAT")
    kept = [chunk for chunk in chunks if chunk[0] != b"IDAT"]
    return _png([*kept[:first_pixels], (b"IDAT", packed), *kept[first_pixels:]])


_PNG = {
    "PNG: flipped bit, right checksum": _chunk_flip, "PNG: length of a chunk": _chunk_length,
    "PNG: chunk cut, right checksum": _chunk_cut, "PNG: order of chunks": _chunk_order,
    "PNG: rows packed anew": _pixel_rows,
}  # fmt: skip


def _number(old: int, chance: Random) -> int:
    return chance.choice((0, 1, old - 1, old + 1, old // 2, old * 2, 0x7FFF, 0xFFFF)) & 0xFFFF


def _segment_length(data: bytes, _: bytes, chance: Random) -> bytes:
    markers = [found.start() for found in re.finditer(b"\xff[\xc0-\xc4\xda\xdb\xdd\xe0-\xef\xfe]", data[:-4])]
    at = chance.choice(markers) + 2
    return data[:at] + struct.pack(">H", _number(int.from_bytes(data[at : at + 2], "big"), chance)) + data[at + 2 :]


def _segment_flip(data: bytes, _: bytes, chance: Random) -> bytes:
    """Flip a bit of a table, a frame or a scan's header."""
    markers = [found.start() for found in re.finditer(b"\xff[\xc0-\xc4\xda\xdb\xdd]", data[:-16])]
    at = chance.choice(markers) + chance.randrange(1, 16)
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def _restart(data: bytes, _: bytes, chance: Random) -> bytes:
    """Drop, exchange or insert a restart marker; drop what is between two of them."""
    found = [match.start() for match in re.finditer(b"\xff[\xd0-\xd7]", data)]
    if not found:
        at = _place(data, chance)
        return data[:at] + b"\xff\xd0" + data[at:]
    at, end = chance.choice(found), chance.choice(found)
    number = bytes([0xD0 + chance.randrange(8)])
    return chance.choice((data[:at] + data[at + 2 :], data[: at + 1] + number + data[at + 2 :], data[:at] + data[end:]))


def _scan(data: bytes, _: bytes, chance: Random) -> bytes:
    """Drop or repeat the coded data of a scan, or all scans after one."""
    starts = [match.start() for match in re.finditer(b"\xff\xda\0", data)] + [len(data) - 2]
    at = chance.randrange(len(starts) - 1)
    start, end = starts[at], starts[at + 1]
    return chance.choice((data[:start] + data[end:], data[:end] + data[start:], data[:start] + b"\xff\xd9"))


_JPEG = {
    "JPEG: length of a segment": _segment_length, "JPEG: bit of a header": _segment_flip,
    "JPEG: restart markers": _restart, "JPEG: scans": _scan,
}  # fmt: skip


def _riff_length(data: bytes, _: bytes, chance: Random) -> bytes:
    """Change the length of a chunk or of the whole file."""
    places, at = [4], 12
    while at + 8 <= len(data):
        places.append(at + 4)
        at += 8 + (struct.unpack_from("<I", data, at + 4)[0] + 1 & ~1)
    at = chance.choice(places)
    return data[:at] + struct.pack("<I", _number(struct.unpack_from("<I", data, at)[0], chance)) + data[at + 4 :]


_RIFF = {"WebP: length of a chunk": _riff_length}
