"""JPEG: segments before the first scan (ITU-T T.81, annex B)."""

from collections.abc import Iterator

from indexer.images.metadata.models import Level

_APP0, _APP1, _APP2, _APP14, _APP15, _COM, _SCAN = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE, 0xDA
# Decoders take the colour transform from these two, if they have at least so many bytes (libjpeg, jdmarker.c).
_COLOUR = {_APP0: 14, _APP14: 12}
_STANDALONE = frozenset([0x01, *range(0xD0, 0xD9)])


def without_metadata(data: bytes, level: Level, exif: bytes) -> bytes:
    """Return a copy without EXIF, or without all APPn and COM segments but those that affect the pixels."""
    parts = [data[:2]]
    if exif:
        payload = b"Exif\0\0" + exif
        parts.append(b"\xff\xe1" + (len(payload) + 2).to_bytes(2, "big") + payload)
    parts += [segment for marker, segment in segments(data) if not _is_removed(marker, segment, level)]
    return b"".join(parts)


def segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each marker with its segment, the last with all bytes from the first scan on.

    As in libjpeg, each segment has its stated length, and bytes between segments are skipped.
    """
    at = 2
    while (at := data.find(b"\xff", at)) >= 0 and at + 4 <= len(data):
        marker = data[at + 1]
        if marker == _SCAN:
            yield marker, data[at:]
            return
        if marker in (0x00, 0xFF) or marker in _STANDALONE:
            at += 1
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        yield marker, data[at:end]
        at = max(end, at + 2)


def _is_application(marker: int) -> bool:
    return _APP0 <= marker <= _APP15 or marker == _COM


def _is_removed(marker: int, segment: bytes, level: Level) -> bool:
    payload = segment[4:]
    if marker == _APP1 and payload.startswith(b"Exif"):
        return True
    if level == Level.EXIF or not _is_application(marker):
        return False
    if marker in _COLOUR:
        return len(payload) < _COLOUR[marker]
    return level == Level.ALL or not (marker == _APP2 and payload.startswith(b"ICC_PROFILE\0"))
