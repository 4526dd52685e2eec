"""The encoding of a JPEG that another image can get: quantisation tables and chroma subsampling."""

import io
from dataclasses import dataclass

from PIL import Image, JpegImagePlugin

from indexer.images.decoding import codec_errors

# Values of Pillow's get_sampling and of its option ``subsampling``.
_SAMPLINGS = {0: "4:4:4", 1: "4:2:2", 2: "4:2:0"}


@dataclass(frozen=True, slots=True)
class JpegEncoding:
    """Tables of 64 numbers each, row by row, for luminance and chrominance, and the subsampling, as ``4:2:0``."""

    tables: tuple[tuple[int, ...], ...]
    subsampling: str


def encoding_of(data: bytes | memoryview) -> JpegEncoding | None:
    """Return the encoding of an RGB JPEG; None for other images, and for tables or samplings that are unusual.

    Raises:
        BadData: the header cannot be read.
    """
    with codec_errors(), Image.open(io.BytesIO(data)) as image:
        if not isinstance(image, JpegImagePlugin.JpegImageFile) or image.format != "JPEG" or image.mode != "RGB":
            return None
        tables = tuple(tuple(table) for _, table in sorted(image.quantization.items()))
        sampling = JpegImagePlugin.get_sampling(image)
        is_baseline = 1 <= len(tables) <= 2 and all(0 < value < 256 for table in tables for value in table)
        return JpegEncoding(tables, _SAMPLINGS[sampling]) if is_baseline and sampling in _SAMPLINGS else None
