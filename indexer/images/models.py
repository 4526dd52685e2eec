"""What is known of an image, and how much of it we are ready to decode."""

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """Budgets for one image of a stranger. ``pixels`` is Pillow's own line between a picture and a bomb.

    A decoder that takes longer than ``seconds`` hangs.
    """

    pixels: int = 89_478_485
    seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What an image's file says before its pixels.

    ``jpeg_quality`` (1 to 100) is the libjpeg setting whose luminance table is nearest; ``qtables_hash`` tells tables
    apart; both are None where the file is no JPEG.
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
    """A row of the table ``inspection`` but for its member: facts as far as they could be had.

    ``status`` is ok, empty, not_an_image, too_many_pixels, truncated, undecodable, unreadable or died.
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


# The table `inspection` of sql/schema.sql.
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
