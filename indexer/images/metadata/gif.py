"""GIF: extension blocks (GIF89a, sections 23 to 26)."""

from collections.abc import Iterator

from indexer.images.metadata.models import Level

_TRAILER, _EXTENSION, _IMAGE, _CONTROL = 0x3B, 0x21, 0x2C, 0xF9


def without_metadata(data: bytes, level: Level, _exif: bytes) -> bytes:
    """Return a copy without comments, texts and application extensions; a GIF has no EXIF."""
    if level == Level.EXIF:
        return data
    return b"".join(block for label, block in blocks(data) if label in (None, _CONTROL))


def stripped(data: bytes, exif: bytes) -> bytes:
    """Return a copy of what the pixels depend on, without bytes after the trailer."""
    *images, last = (block for _, block in blocks(without_metadata(data, Level.ALL, exif)))
    return b"".join(images) + (last[:1] if last[:1] == bytes([_TRAILER]) else last)


def blocks(data: bytes) -> Iterator[tuple[int | None, bytes]]:
    """Yield each block, an extension with its label; first the header, last all bytes from the trailer on."""
    at = 13 + _table_size(data[10:11])
    yield None, data[:at]
    while at < len(data):
        label = None
        if data[at] == _EXTENSION:
            end = _end_of_blocks(data, at + 2)
            label = data[at + 1] if at + 1 < len(data) else 0
        elif data[at] == _IMAGE:
            end = _end_of_blocks(data, at + 11 + _table_size(data[at + 9 : at + 10]))
        else:
            end = len(data)
        yield label, data[at:end]
        at = end


def _table_size(packed: bytes) -> int:
    """Return the bytes of the colour table that a packed field announces."""
    return 3 << (packed[0] & 7) + 1 if packed and packed[0] & 0x80 else 0


def _end_of_blocks(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1
