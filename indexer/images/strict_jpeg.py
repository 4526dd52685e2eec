"""Decode a JPEG and treat libjpeg's warnings as damage.

libjpeg fills missing pixels with grey and only warns, and Pillow drops the warnings. simplejpeg raises them.
"""

import re

import simplejpeg
from PIL import Image

from indexer.base.errors import BadData
from indexer.images.metadata import Level, without_metadata

# Warnings and errors after which the pixels may be complete. Pillow's decoder decides then:
_INCONCLUSIVE = re.compile(
    # only the end marker is missing, or the end of the file, too: Pillow refuses the latter
    "(?i)Premature end of JPEG file"
    # metadata
    "|Unknown Adobe color transform code|Warning: unknown JFIF revision|Unsupported JPEG data precision"
    # processes that simplejpeg does not decode: arithmetic coding, 12 bits, CMYK
    "|Unsupported|Sorry|not supported|colorspace|arithmetic|could not determine"
)

_EXTRANEOUS = re.compile("Corrupt JPEG data: ([0-9]+) extraneous bytes before marker 0xd9")


def decode_grey(data: bytes, size: tuple[int, int]) -> Image.Image | None:
    """Return the grey image at ``size``, a size at which libjpeg decodes; None if Pillow has to decode it.

    The pixels are those of Pillow's ``draft("L", ...)``: both use libjpeg-turbo.

    Raises:
        BadData: damaged.
    """
    width, height = size
    try:
        pixels = simplejpeg.decode_jpeg(data, "GRAY", min_width=width, min_height=height, strict=True)
    except (ValueError, RuntimeError) as error:
        # libjpeg warns of metadata and of bytes between segments, too: they must not hide the warnings of pixels.
        if copy := without_metadata(data, "JPEG", Level.ALL):
            decode_grey(copy, size)
            return None  # the copy proves nothing about the given bytes
        if _is_padding(str(error), data) or _INCONCLUSIVE.search(str(error)):
            return None
        raise BadData("damaged", f"libjpeg: {error}") from error
    grey = Image.fromarray(pixels[:, :, 0])
    return grey if grey.size == size else None


def is_sound(data: bytes | memoryview) -> bool:
    """Return whether libjpeg decodes all coded data without a warning. Pixels are computed at an eighth of the size.

    False proves nothing: :func:`decode_grey` and Pillow find the reason.
    """
    try:
        simplejpeg.decode_jpeg(data, "GRAY", min_width=1, min_height=1, strict=True)
    except (ValueError, RuntimeError):
        return False
    return True


def _is_padding(message: str, data: bytes) -> bool:
    """Return whether a warning is of padding between the last pixel and the end marker, as some cameras write it."""
    found = _EXTRANEOUS.search(message)
    if found is None:
        return False
    end = data.rfind(b"\xff\xd9")
    return not data[max(0, end - int(found[1])) : end].strip(b"\0\xff")
