"""Decode a JPEG and treat libjpeg's warnings as damage.

libjpeg fills missing pixels with grey and only warns, and Pillow drops the warnings. simplejpeg raises them.
"""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import simplejpeg
from PIL import Image

from indexer.base.errors import BadData
from indexer.images.metadata.jpeg import FRAMES, pixels_only, segments

# Processes that simplejpeg may not decode: 12 bits, CMYK. Pillow's decoder decides then.
_UNDECIDED = re.compile("(?i)Unsupported|Sorry|not supported|colorspace|could not determine")
_EXTRANEOUS = re.compile("Corrupt JPEG data: ([0-9]+) extraneous bytes before marker 0xd9")
_START_OF_SCAN, _END_OF_IMAGE = b"\xff\xda", b"\xff\xd9"
# Frames (T.81, table B.1); the sequential ones have Huffman coding.
_SEQUENTIAL, _LOSSLESS, _ARITHMETIC = (0xC0, 0xC1), 0xC3, (0xC9, 0xCA)
_LEFT_OUT = 24  # bytes of arithmetic coding that may be missing, with those that a decoder reads ahead


def decode_grey(data: bytes, size: tuple[int, int]) -> Image.Image | None:
    """Return the grey image at ``size``, a size at which libjpeg decodes; None if Pillow has to decode it.

    The pixels are those of Pillow's ``draft("L", ...)``: both use libjpeg-turbo.

    Raises:
        BadData: damaged, or truncated.
    """
    try:
        pixels = _decoded(data, size)
    except (ValueError, RuntimeError) as error:
        # libjpeg warns of metadata and of bytes between them, too, and only the first warning is known.
        copy = pixels_only(data)
        if warning := str(error) if copy == data else _warning(copy):
            _judge(warning, copy)
        return None  # the copy proves nothing about the given bytes
    if _frame(data) in _ARITHMETIC:
        if _lacks_coded_data(pixels_only(data)):
            raise BadData("damaged", "the last scan ends before the last pixel")
        return None  # Pillow decodes it only if no scan crosses a block of 64 KiB of the file
    grey = Image.fromarray(pixels[:, :, 0])
    return grey if grey.size == size else None


def is_lossless(data: bytes) -> bool:
    """Return whether the coding is lossless: libjpeg decodes such a JPEG only in its own size and colours."""
    return _frame(data) == _LOSSLESS


def check_strips(data: bytes, tags: Mapping[int, Any]) -> None:
    """Check the JPEGs of a TIFF's page, one per strip or tile, which share their tables.

    Raises:
        BadData: damaged.
    """
    # Tags of TIFF 6.0 and of its Technical Note 2 (JPEG). libtiff ignores tables of another type, such as a number.
    shared = tags.get(347)
    tables = (shared if isinstance(shared, bytes) else b"").removesuffix(_END_OF_IMAGE) or b"\xff\xd8"
    places = zip(tags.get(273, tags.get(324, ())), tags.get(279, tags.get(325, ())), strict=False)
    for start, size in places:
        decode_grey(tables + data[start + 2 : start + size] + _END_OF_IMAGE, (1, 1))


def is_sound(data: bytes | memoryview) -> bool:
    """Return whether libjpeg decodes all coded data without a warning. Pixels are computed at an eighth of the size.

    False proves nothing: :func:`decode_grey` and Pillow find the reason.
    """
    return _warning(data) is None


def _decoded(data: bytes | memoryview, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    width, height = size
    pixels: npt.NDArray[np.uint8] = simplejpeg.decode_jpeg(
        data, "GRAY", min_width=width, min_height=height, strict=True
    )
    return pixels


def _warning(data: bytes | memoryview) -> str | None:
    """Return the first warning or the error of libjpeg; None if there is none."""
    try:
        _decoded(data, (1, 1))
    except (ValueError, RuntimeError) as error:
        return str(error)
    return None


def _judge(warning: str, data: bytes) -> None:
    """Raise BadData unless a warning leaves it open whether the pixels are complete."""
    if "Premature end of JPEG file" in warning:  # even if zeros at the end could be decoded as pixels
        raise BadData("truncated", f"libjpeg: {warning}")
    if not (_is_padding(warning, data) or _UNDECIDED.search(warning)):
        raise BadData("damaged", f"libjpeg: {warning}")


def _is_padding(warning: str, data: bytes) -> bool:
    """Return whether a warning is of padding between the last pixel and the end marker, as some cameras write it.

    If zeros overwrote the end of a scan, some of them are decoded, and the scan is too short without them. Instead of
    padding, a progressive JPEG may lack whole scans.
    """
    found = _EXTRANEOUS.search(warning)
    if found is None or _frame(data) not in _SEQUENTIAL:
        return False
    end = _end_of_image(data)
    start = max(0, end - int(found[1]))
    coded = data[:start].rstrip(b"\0")
    are_complete = (_warning(coded + zero + data[end:]) is None for zero in (b"", b"\0"))  # the last byte may be zero
    return not data[start:end].strip(b"\0\xff") and any(are_complete)


def _lacks_coded_data(data: bytes) -> bool:
    """Return whether a decoder of arithmetic coding reads beyond the last scan, where libjpeg feeds zeros silently.

    Encoders leave out the last zeros (T.81, D.1.8): 20 bytes of a picture of nine megapixels that is white below.
    """
    end = _end_of_image(data)
    further = b"\x55" * 256
    found = _EXTRANEOUS.search(_warning(data[:end].rstrip(b"\0") + bytes(_LEFT_OUT) + further + data[end:]) or "")
    return found is None or int(found[1]) < len(further)


def _frame(data: bytes) -> int:
    return next((marker for marker, _ in segments(data) if marker in FRAMES), 0)


def _end_of_image(data: bytes) -> int:
    """Return the position of the end marker of a JPEG without metadata; no coded data contain it."""
    return data.find(_END_OF_IMAGE, data.find(_START_OF_SCAN))
