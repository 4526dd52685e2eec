"""JPEG: segments (ITU-T T.81, annex B)."""

import re
from collections.abc import Iterator

from indexer.images.metadata.models import Level

_APP0, _APP1, _APP2, _APP14, _APP15, _COM, _SCAN = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE, 0xDA
# Decoders take the colour transform from these two, if they have at least so many bytes (libjpeg, jdmarker.c).
_COLOUR = {_APP0: 14, _APP14: 12}
STANDALONE = frozenset([0x01, *range(0xD0, 0xD9)])  # markers without a length (T.81, table B.1)
FRAMES = frozenset([*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)])
_END = 0xD9
_MARKER = re.compile(rb"\xff+([^\0\xff\xd0-\xd7])", re.DOTALL)
# The header that libjpeg writes: JFIF 1.01, no density, no thumbnail.
_JFIF = b"\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"


def without_metadata(data: bytes, level: Level, exif: bytes) -> bytes:
    """Return a copy without EXIF, or without all APPn and COM segments but those that affect the pixels."""
    parts = [data[:2]]
    if exif:
        payload = b"Exif\0\0" + exif
        parts.append(b"\xff\xe1" + (len(payload) + 2).to_bytes(2, "big") + payload)
    parts += [segment for marker, segment in segments(data) if not _is_removed(marker, segment, level)]
    return b"".join(parts)


def stripped(data: bytes, exif: bytes) -> bytes:
    """Return a copy of what the pixels depend on, with the JFIF header of libjpeg, and nothing after the image.

    Without a JFIF or Adobe segment, decoders take three components for YCbCr, unless their ids are "RGB" (libjpeg,
    jdapimin.c). JFIF means the same.
    """
    found = list(segments(without_metadata(data, Level.ALL, exif)))
    is_jfif = any(marker == _APP0 and segment[4:9] == b"JFIF\0" for marker, segment in found)
    is_adobe = any(marker == _APP14 and segment[4:9] == b"Adobe" for marker, segment in found)
    ids = next((segment[10::3] for marker, segment in found if marker in FRAMES), b"")
    parts = [data[:2]]
    if len(ids) in (1, 3) and (is_jfif or not (is_adobe or ids == b"RGB")):
        parts.append(_JFIF)
    for marker, segment in found:
        if marker == _SCAN:
            parts += _scans(segment)
        elif marker == _APP14 and segment[4:9] == b"Adobe":
            parts.append(segment[:2] + b"\0\x0e" + segment[4:16])
        elif marker == _APP1 or not _is_application(marker):
            parts.append(segment)
    return b"".join(parts)


def _scans(data: bytes) -> Iterator[bytes]:
    """Yield all scans up to the end of the image, without the comments between them."""
    start = at = 0
    while found := _MARKER.search(data, at):
        marker, at = found[1][0], found.end()
        if marker == _END:
            yield data[start:at]
            return
        at += int.from_bytes(data[at : at + 2], "big")
        if _is_application(marker):
            yield data[start : found.start()]
            start = at
    yield data[start:]


def pixels_only(data: bytes) -> bytes:
    """Return a copy without all APPn and COM segments, and without bytes that are no segment.

    Bytes that follow a table or a frame stay: they may be a part of it.
    """
    parts, at, is_kept = [data[:2]], 2, False
    for marker, start, end in _spans(data):
        parts.append(data[at if is_kept else start : start])
        is_kept, at = not _is_application(marker), end
        parts.append(data[start : end if is_kept else start])
    return b"".join(parts)


def segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each marker with its segment, the last with all bytes from the first scan on.

    As in libjpeg, each segment has its stated length, and bytes between segments are skipped.
    """
    return ((marker, data[start:end]) for marker, start, end in _spans(data))


def _spans(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield each marker with the bounds of its segment."""
    at = 2
    while (at := data.find(b"\xff", at)) >= 0 and at + 4 <= len(data):
        marker = data[at + 1]
        if marker == _SCAN:
            yield marker, at, len(data)
            return
        if marker in (0x00, 0xFF) or marker in STANDALONE:
            at += 1
            continue
        end = max(at + 2 + int.from_bytes(data[at + 2 : at + 4], "big"), at + 2)
        yield marker, at, end
        at = end


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
