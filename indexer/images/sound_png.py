"""Prove that a PNG decodes, without computing the pixels: in half of the time of a decoder or less.

A row can be decoded if the number of its filter is valid and all its bytes are there. So the checksums of all chunks,
the unpacked size and the filters' numbers are the proof. Source: PNG specification (third edition), chapters 5, 9, 10.
"""

import struct
from collections.abc import Iterator, Sequence
from itertools import takewhile

import deflate

from indexer.base.errors import BadData
from indexer.images.decoding import codec_errors, open_image, read_header
from indexer.images.metadata.png import SIGNATURE, TEXTS
from indexer.images.models import ImageHeader, ImageLimits

_HIGHEST_FILTER = 4
_RGB, _PALETTE = 2, 3  # colour types
_PALETTE_SIZES = range(3, 3 * 256 + 1, 3)
# Samples per pixel, and depths (table 8), by colour type.
_TYPES = {0: (1, (1, 2, 4, 8, 16)), _RGB: (3, (8, 16)), _PALETTE: (1, (1, 2, 4, 8)), 4: (2, (8, 16)), 6: (4, (8, 16))}
_WITH_ORIENTATION = (b"raw profile", b"xml:", b"xmp", b"exif")  # keywords of texts in which readers look for one


def proven_header(data: bytes | memoryview, limits: ImageLimits, *, only_rgb: bool = False) -> ImageHeader | None:
    """Return the header of a PNG that is proven to decode; None if it may have an orientation, or is not proven.

    None proves nothing: the image may be interlaced, animated, not RGB if it has to be, or damaged.
    """
    chunks = list(_chunks(data))
    packed = [content for name, content in chunks if name == b"IDAT"]
    if not packed or not _is_plain(chunks, len(packed)):
        return None
    width, height, depth, kind, *methods = struct.unpack(">IIBBBBB", chunks[0][1])
    samples, depths = _TYPES.get(kind, (0, ()))
    if methods != [0, 0, 0] or depth not in depths or (only_rgb and kind != _RGB) or width * height > limits.pixels:
        return None
    palettes = [len(content) for name, content in chunks if name == b"PLTE"]
    if kind == _PALETTE and not (palettes and all(size in _PALETTE_SIZES for size in palettes)):
        return None
    if not _has_rows(
        packed[0] if len(packed) == 1 else b"".join(packed), 1 + (width * samples * depth + 7) // 8, height
    ):
        return None
    try:
        with codec_errors():
            head = _until_pixels(data, chunks)
            return read_header(open_image(head, limits), head)
    except BadData:
        return None


def _is_plain(chunks: Sequence[tuple[bytes, memoryview]], pixels: int) -> bool:
    """Return whether IHDR is first, the pixels are last, and no chunk changes how the image is shown."""
    names = [name for name, _ in chunks]
    keywords = [bytes(content[:80]).lower() for name, content in chunks if name in TEXTS]
    return (
        names[0] == b"IHDR"
        and len(chunks[0][1]) == 13
        and names[-pixels - 1 :] == [b"IDAT"] * pixels + [b"IEND"]
        and not {b"acTL", b"eXIf"}.intersection(names)
        and not any(keyword.startswith(_WITH_ORIENTATION) for keyword in keywords)
    )


def _has_rows(packed: bytes | memoryview, row: int, height: int) -> bool:
    # ISA-L is faster, but it accepts what zlib refuses: incomplete distance codes, windows above 32 KB.
    try:
        rows = deflate.zlib_decompress(packed, row * height)
    except (deflate.DeflateError, ValueError):
        return False
    return len(rows) == row * height and max(rows[::row], default=255) <= _HIGHEST_FILTER


def _until_pixels(data: bytes | memoryview, chunks: Sequence[tuple[bytes, memoryview]]) -> bytes:
    """Return the PNG up to the name of its first chunk of pixels: Pillow reads no more when it opens a file."""
    before = takewhile(lambda chunk: chunk[0] != b"IDAT", chunks)
    return bytes(data[: len(SIGNATURE) + sum(12 + len(content) for _, content in before) + 8])


def _chunks(data: bytes | memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yield type and content of the chunks up to IEND or the first damage."""
    view = memoryview(data)
    at = len(SIGNATURE) if bytes(view[:8]) == SIGNATURE else len(view)
    name = b""
    while at + 12 <= len(view) and name != b"IEND":
        length, name = struct.unpack_from(">I4s", view, at)
        end = at + 8 + length
        if end + 4 > len(view) or deflate.crc32(view[at + 4 : end]) != struct.unpack_from(">I", view, end)[0]:
            return
        yield name, view[at + 8 : end]
        at = end + 4
