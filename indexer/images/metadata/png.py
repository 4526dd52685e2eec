"""PNG: chunks (PNG specification, third edition, section 5)."""

import re
import struct
from collections.abc import Iterator

import deflate

from indexer.images.metadata.models import Level

SIGNATURE = b"\x89PNG\r\n\x1a\n"
TEXTS = frozenset([b"tEXt", b"zTXt", b"iTXt"])
_PIXELS = frozenset([b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"])
_COLOUR = frozenset([b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"cICP", b"sBIT"])
_ANIMATION = frozenset([b"acTL", b"fcTL", b"fdAT"])
_NEXT = re.compile(b"PLTE|tRNS|IDAT|IEND")


def without_metadata(data: bytes, level: Level, exif: bytes) -> bytes:
    """Return a copy without EXIF, or without all chunks that do not affect the pixels."""
    parts = [data[:8]]
    for name, chunk in chunks(data):
        if name == b"IDAT" and exif:
            parts.append(chunk_of(b"eXIf", exif))
            exif = b""
        if not _is_removed(name, chunk, level):
            parts.append(chunk)
    return b"".join(parts)


def stripped(data: bytes, exif: bytes) -> bytes:
    """Return a copy of what the pixels of the still image depend on."""
    copy = without_metadata(data, Level.ALL, exif)
    end = 8
    for name, chunk in chunks(copy):
        end += len(chunk)
        if name == b"IEND":
            break
    return copy[:end]


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each chunk with its type; bytes that are no chunk are skipped."""
    at = 8
    while at + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if name.isalpha() and (end <= len(data) or name in _PIXELS):
            if name not in _PIXELS and not _is_valid(data, at) and (found := _next_valid(data, at, end)) < end:
                at = found  # its length is damaged: it reaches into the chunks that follow
                continue
            yield name, data[at:end]
            at = end
        else:
            at = _next_valid(data, at, len(data))


def _is_valid(data: bytes, at: int) -> bool:
    """Return whether the chunk at ``at`` has the right checksum."""
    (length,) = struct.unpack_from(">I", data, at)
    end = at + 8 + length
    return end + 4 <= len(data) and deflate.crc32(data[at + 4 : end]) == int.from_bytes(data[end : end + 4], "big")


def _next_valid(data: bytes, at: int, end: int) -> int:
    """Return the position of the next chunk of pixels with the right checksum, or ``end``."""
    for found in _NEXT.finditer(data, at + 8, end):
        if _is_valid(data, found.start() - 4):
            return found.start() - 4
    return end


def _is_removed(name: bytes, chunk: bytes, level: Level) -> bool:
    if name in _PIXELS:
        return False
    if name == b"eXIf" or level == Level.ALL:
        return True
    is_kept = name in _COLOUR or name in _ANIMATION
    return level == Level.TEXTS and not (is_kept and _is_valid(chunk, 0))


def chunk_of(name: bytes, data: bytes) -> bytes:
    """Return a chunk with its length and checksum."""
    checksum = deflate.crc32(data, deflate.crc32(name))
    return b"".join((struct.pack(">I", len(data)), name, data, struct.pack(">I", checksum)))
