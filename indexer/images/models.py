"""Facts about an image, and limits for decoding it."""

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """Limits for one untrusted image.

    ``pixels`` defaults to the limit at which Pillow warns of a decompression bomb. A decoder that needs more than
    ``seconds`` is stopped.
    """

    pixels: int = 89_478_485
    seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """Facts in the header of an image.

    ``jpeg_quality`` (1 to 100) is the libjpeg setting with the nearest luminance table. ``qtables_hash`` is equal for
    equal quantization tables. Both are None for other formats.
    """

    width: int
    height: int
    format: str
    mode: str
    jpeg_quality: int | None
    qtables_hash: str | None
    has_exif: bool


@dataclass(frozen=True, slots=True)
class Inspection:
    """A row of the table ``inspection`` without its member_id. Facts that could not be read are None.

    ``status`` is ok, empty, not_an_image, unsupported_format, too_many_pixels, truncated, undecodable, unreadable or
    crashed.
    """

    status: str
    reason: str | None = None
    hash: str | None = None
    byte_size: int | None = None
    width: int | None = None
    height: int | None = None
    format: str | None = None
    mode: str | None = None
    jpeg_quality: int | None = None
    qtables_hash: str | None = None
    has_exif: bool | None = None
    pixel_hash: str | None = None
    phash: int | None = None


# The table `inspection` of sql/schema/tables.sql.
INSPECTION_SCHEMA = pa.schema(
    [
        pa.field("member_id", pa.int64(), nullable=False),
        pa.field("hash", pa.string()),
        pa.field("byte_size", pa.int64()),
        pa.field("width", pa.int32()),
        pa.field("height", pa.int32()),
        pa.field("format", pa.string()),
        pa.field("mode", pa.string()),
        pa.field("jpeg_quality", pa.int32()),
        pa.field("qtables_hash", pa.string()),
        pa.field("has_exif", pa.bool_()),
        pa.field("pixel_hash", pa.string()),
        pa.field("phash", pa.uint64()),
        pa.field("status", pa.string(), nullable=False),
        pa.field("reason", pa.string()),
    ]
)
