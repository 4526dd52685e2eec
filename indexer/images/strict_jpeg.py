"""Decode a JPEG and treat libjpeg's warnings as damage.

libjpeg fills missing pixels with grey and only warns, and Pillow drops the warnings. simplejpeg raises them.
"""

import re

from PIL import Image

from indexer.base.errors import BadData

try:  # environments made before it became a dependency
    import simplejpeg
except ImportError:
    simplejpeg = None

# Warnings and errors after which the pixels may be complete. Pillow's decoder decides then:
_INCONCLUSIVE = re.compile(
    # only the end marker is missing, or the end of the file, too: Pillow refuses the latter
    "Premature end of JPEG file"
    # a few padding bytes between the last pixel and the end marker, as some cameras write; more are of other data
    r"|Corrupt JPEG data: (?:[1-9]|1[0-6]) extraneous bytes before marker 0xd9"
    # metadata
    "|Unknown Adobe color transform code|Warning: unknown JFIF revision|Unsupported JPEG data precision"
    # processes that simplejpeg does not decode: arithmetic coding, 12 bits, CMYK
    "|Unsupported|Sorry|not supported|[Cc]olorspace|[Aa]rithmetic|could not determine"
)


def decode_grey(data: bytes, size: tuple[int, int]) -> Image.Image | None:
    """Return the grey image at ``size``, a size at which libjpeg decodes; None if Pillow has to decode it.

    The pixels are those of Pillow's ``draft("L", ...)``: both use libjpeg-turbo.

    Raises:
        BadData: damaged.
    """
    width, height = size
    if simplejpeg is None:
        return None
    try:
        pixels = simplejpeg.decode_jpeg(data, "GRAY", min_width=width, min_height=height, strict=True)
    except (ValueError, RuntimeError) as error:
        if _INCONCLUSIVE.search(str(error)):
            return None
        raise BadData("damaged", f"libjpeg: {error}") from error
    grey = Image.fromarray(pixels[:, :, 0])
    return grey if grey.size == size else None
