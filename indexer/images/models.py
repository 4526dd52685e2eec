"""Facts about an image, and limits for decoding it."""

from dataclasses import dataclass, replace

import pyarrow as pa

_SIDEWAYS = (5, 6, 7, 8)  # EXIF orientations that exchange width and height


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """Limits for one untrusted image.

    ``pixels`` defaults to the limit at which Pillow warns of a decompression bomb. A decoder that needs more than
    ``seconds`` is stopped.
    """

    pixels: int = 89_478_485
    seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class Depth:
    """How an image is decoded.

    Attributes:
        reduced_to: a JPEG may be decoded at a smaller size of at least (width, height) pixels; all of its coded data
            are read. None: in full size.
        mode: of a JPEG that is reduced: RGB or L.
        is_strict: damage that libjpeg only warns of (it fills missing pixels with grey) is an error.
    """

    reduced_to: tuple[int, int] | None = None
    mode: str = "L"
    is_strict: bool = False


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """Facts in the header of an image. ``width`` and ``height`` are those of the upright image.

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

    def turned(self, orientation: int) -> "ImageHeader":
        """Return the header with the width and height that the EXIF orientation gives."""
        if orientation not in _SIDEWAYS:
            return self
        return replace(self, width=self.height, height=self.width)


@dataclass(frozen=True, slots=True)
class Inspection:
    """A row of the table ``inspection`` without its member_id. Facts that could not be read are None.

    ``status`` is ok, empty, not_an_image, unsupported_format, too_many_pixels, truncated, damaged, undecodable,
    unreadable or crashed.
    ``metadata_removed``: readers can only open a copy without the damaged metadata.
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
    metadata_removed: bool | None = None


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
        pa.field("metadata_removed", pa.bool_()),
    ]
)
