"""WebP: RIFF chunks (RFC 9649, section 2)."""

import struct
from collections.abc import Iterator

from indexer.images.metadata.models import Level

_PIXELS = frozenset([b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF"])
# Chunk -> its flag in VP8X.
_FLAGS = {b"ICCP": 0x20, b"EXIF": 0x08, b"XMP ": 0x04}


def without_metadata(data: bytes, level: Level, exif: bytes) -> bytes:
    """Return a copy without EXIF, or without all chunks that do not affect the pixels."""
    header, parts, flags = b"", [], 0
    for name, chunk in chunks(data):
        if name == b"VP8X":
            header = chunk
        elif name in _PIXELS or (_is_complete(chunk) and not _is_removed(name, level)):
            parts.append(chunk)
            flags |= _FLAGS.get(name, 0)
    if header and exif:
        parts.append(struct.pack("<4sI", b"EXIF", len(exif)) + exif + bytes(len(exif) % 2))
        flags |= _FLAGS[b"EXIF"]
    if header:
        kept = header[8] & ~sum(_FLAGS.values()) | flags
        parts.insert(0, header[:8] + bytes([kept]) + header[9:])
    body = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def stripped(data: bytes, exif: bytes) -> bytes:
    """Return a copy of what the pixels depend on; in the simple file format if it needs no VP8X."""
    size = 8 + int.from_bytes(data[4:8], "little")
    copy = without_metadata(data[: size + size % 2], Level.ALL, exif)
    [(first, header), *others] = list(chunks(copy)) or [(b"", b"")]
    if first == b"VP8X" and not header[8] and len(others) == 1:
        body = b"WEBP" + others[0][1]
        return b"RIFF" + struct.pack("<I", len(body)) + body
    return copy


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each chunk with its type; the last one may be cut off."""
    at = 12
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        end = at + 8 + length + length % 2
        yield name, data[at:end]
        at = end


def _is_complete(chunk: bytes) -> bool:
    length = int.from_bytes(chunk[4:8], "little")
    return len(chunk) >= 8 + length + length % 2


def _is_removed(name: bytes, level: Level) -> bool:
    return name == b"EXIF" or level == Level.ALL or (level == Level.TEXTS and name != b"ICCP")
