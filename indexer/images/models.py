"""Facts about an image, and limits for decoding it."""

from dataclasses import dataclass, fields, replace
from typing import Any

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
    equal quantisation tables. Both are None for other formats.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """Traits of a file that may give its label away. None: the file has none, or its format has no such trait.

    Attributes:
        software: EXIF Software, or the PNG text of that keyword.
        camera_make: EXIF Make.
        text_keys: keywords of a PNG's texts but XMP, sorted: ``parameters``, ``prompt, workflow``.
        source_type: IPTC DigitalSourceType in XMP or C2PA: ``trainedAlgorithmicMedia``.
        icc_profile: name of the colour profile; ``unnamed`` if it has none.
        has_c2pa: a C2PA manifest (JUMBF) is stored.
        has_comment: of a JPEG or GIF.
        bit_depth: bits per sample.
        subsampling: of a JPEG's chroma: ``4:2:0``, ``4:4:4``, ``4:0:0`` for grey.
        encoder: format, and a digest of quantisation tables, sampling and the order of blocks. Never None in an
            inspection whose status is ok and that has traits.
    """

    software: str | None = None
    camera_make: str | None = None
    text_keys: str | None = None
    source_type: str | None = None
    icc_profile: str | None = None
    has_xmp: bool | None = None
    has_c2pa: bool | None = None
    has_comment: bool | None = None
    has_alpha: bool | None = None
    bit_depth: int | None = None
    subsampling: str | None = None
    is_progressive: bool | None = None
    is_interlaced: bool | None = None
    encoder: str | None = None


@dataclass(frozen=True, slots=True)
class Inspection(Traits):
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
    phash_256: str | None = None
    metadata_removed: bool | None = None


def columns_of(facts: ImageHeader | Traits) -> dict[str, Any]:
    """Return the fields by name. ``dataclasses.asdict`` copies each value, which takes ten times as long."""
    return {name: getattr(facts, name) for name in _FIELDS[type(facts)]}


_FIELDS = {kind: tuple(field.name for field in fields(kind)) for kind in (ImageHeader, Traits, Inspection)}


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
        pa.field("software", pa.string()),
        pa.field("camera_make", pa.string()),
        pa.field("text_keys", pa.string()),
        pa.field("source_type", pa.string()),
        pa.field("icc_profile", pa.string()),
        pa.field("has_xmp", pa.bool_()),
        pa.field("has_c2pa", pa.bool_()),
        pa.field("has_comment", pa.bool_()),
        pa.field("has_alpha", pa.bool_()),
        pa.field("bit_depth", pa.int32()),
        pa.field("subsampling", pa.string()),
        pa.field("is_progressive", pa.bool_()),
        pa.field("is_interlaced", pa.bool_()),
        pa.field("encoder", pa.string()),
        pa.field("phash_256", pa.string()),
    ]
)
