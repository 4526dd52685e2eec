"""Open an image as its readers see it: with the steps of ``datasets.Image.decode_example`` (datasets 5).

They open the bytes with Pillow, decode the pixels and apply the EXIF orientation. A damaged EXIF block stops them,
although the pixels are sound. Such an image is opened from a copy without the damaged metadata.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from PIL import ExifTags, Image, ImageOps

from indexer.base import image_formats
from indexer.base.errors import BadData
from indexer.images import strict_jpeg
from indexer.images.decoding import codec_errors, metadata_follows_pixels, open_image, read_header, without_warnings
from indexer.images.metadata import Level, without_metadata
from indexer.images.models import Depth, ImageHeader, ImageLimits
from indexer.images.samples import Samples, check_samples, samples_of

_FULL = Depth()
_PILLOW_OPENS = 2 * ImageLimits().pixels  # at most; Pillow warns of half of it


@dataclass(frozen=True, slots=True)
class ShownImage:
    """A decoded image.

    Attributes:
        data: the bytes that readers can open: the given ones, or a copy without the damaged metadata.
        image: the pixels in their stored mode (or grey, if reduced), upright.
        header: facts of ``data``; width and height of the upright image in full size.
        orientation: the EXIF orientation that was applied, 1 to 8.
        metadata_removed: whether ``data`` is a copy.
        samples: the type of a TIFF's samples.
        software, camera_make: EXIF Software and Make; empty if there is none.
    """

    data: bytes
    image: Image.Image
    header: ImageHeader
    orientation: int
    metadata_removed: bool
    samples: Samples | None = None
    software: str = ""
    camera_make: str = ""


def open_shown(data: bytes, limits: ImageLimits | None = None, depth: Depth = _FULL) -> ShownImage:
    """Return an image, decoded once, as readers show it.

    Raises:
        BadData: empty, not_an_image, unsupported_format, too_many_pixels, truncated, damaged or undecodable.
    """
    limits = limits or ImageLimits()
    with codec_errors():
        opened: list[Image.Image] = []
        try:
            return _shown(data, limits, depth, opened)
        except BadData as bad:
            if bad.reason not in ("undecodable", "unsupported_format"):
                raise
            repaired = _without_damage(data, limits, depth, opened)
            if repaired is None:
                raise
        except Exception:
            repaired = _without_damage(data, limits, depth, opened)
            if repaired is None:
                raise
    return repaired


def decode(data: bytes, limits: ImageLimits | None = None) -> Image.Image:
    """Return the first frame in full size and its stored mode, upright.

    Raises:
        BadData: as :func:`open_shown`, but not damaged.
    """
    return open_shown(data, limits).image


def header(data: bytes, limits: ImageLimits | None = None) -> ImageHeader:
    """Return the facts in the header of an image; no pixel is decoded, unless metadata follow the pixels.

    Raises:
        BadData: empty, not_an_image, unsupported_format, too_many_pixels or undecodable.
    """
    with codec_errors():
        image = open_image(data, limits or ImageLimits())
        found = read_header(image, data)
        return found.turned(_orientation(image, decodes=metadata_follows_pixels(image, data)))


def reader_problem(data: bytes) -> str | None:
    """Return why ``datasets`` with Pillow alone cannot open an image; None if it can. All pixels are decoded."""
    named = image_formats.format_of(data)
    if named and named.plugin:
        return f"{named.name} images open with a plugin only"
    try:
        found = open_shown(data, ImageLimits(pixels=_PILLOW_OPENS))
    except BadData as bad:
        return str(bad)
    return "its metadata are damaged" if found.metadata_removed else None


def _shown(data: bytes, limits: ImageLimits, depth: Depth, opened: list[Image.Image]) -> ShownImage:
    """Open, decode and turn an image. It is added to ``opened`` once Pillow has opened it."""
    image = open_image(data, limits)
    opened.append(image)
    if image.format == "JXL" and not getattr(image, "jpeg", False):
        image.info.pop("exif", None)  # the decoder applied the orientation of the codestream, which precedes EXIF's
    header_ = read_header(image, data)
    pixels, samples = _decoded(image, data, depth), samples_of(image)
    if samples:
        check_samples(pixels, samples)
        header_ = replace(header_, width=pixels.width, height=pixels.height)  # Pillow turns a TIFF when it decodes it
    with without_warnings():
        exif = image.getexif()
        orientation = exif.get(ExifTags.Base.Orientation)
        software, camera_make = _exif_text(exif, ExifTags.Base.Software), _exif_text(exif, ExifTags.Base.Make)
        upright = pixels if orientation is None else ImageOps.exif_transpose(pixels)
    applied = _valid(orientation)
    return ShownImage(data, upright, header_.turned(applied), applied, False, samples, software, camera_make)


def _exif_text(exif: Image.Exif, tag: int) -> str:
    """Return a tag as text; empty if it is missing or damaged: readers do not read it."""
    try:
        value = exif.get(tag, "")
    except Exception:
        return ""
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _decoded(image: Image.Image, data: bytes, depth: Depth) -> Image.Image:
    is_jpeg = image.format in ("JPEG", "MPO")
    if depth.reduced_to and is_jpeg and not strict_jpeg.is_lossless(data):  # a draft of HEIF is its thumbnail
        image.draft(depth.mode, depth.reduced_to)
    if depth.is_strict and is_jpeg:
        try:
            grey = strict_jpeg.decode_grey(data, image.size if depth.reduced_to else (1, 1))
        except BadData as bad:
            if bad.reason == "truncated":
                image.load()  # raises with the reason that a check without libjpeg's warnings finds, too
            raise
        if grey is not None and depth.reduced_to and depth.mode == image.mode == "L":
            grey.info = image.info
            return grey
    image.load()
    if depth.is_strict and image.info.get("compression") == "jpeg":  # of a TIFF
        strict_jpeg.check_strips(data, getattr(image, "tag_v2", {}))
    if image.mode == "P" and image.palette is None:
        raise BadData("undecodable", "the palette is missing: readers cannot show the colours")
    return image


def _without_damage(data: bytes, limits: ImageLimits, depth: Depth, opened: list[Image.Image]) -> ShownImage | None:
    """Return the image of a copy without metadata, with as much of them as readers can open; None if it is no help."""
    named = image_formats.format_of(data)
    if named is None:
        return None
    orientation = 1
    if opened:
        with suppress(Exception):
            orientation = _orientation(opened[0], decodes=True)
    copies = [without_metadata(data, named.name, level, orientation) for level in Level]
    found = None
    for shown in _attempts([copy for copy in (copies[-1], *copies[:-1]) if copy is not None], limits, depth):
        if shown is None and found is None:
            return None  # even without any metadata
        if shown is not None:
            found = replace(shown, metadata_removed=True)
            if found.data != copies[-1]:
                return found
    return found


def _attempts(copies: list[bytes], limits: ImageLimits, depth: Depth) -> Iterator[ShownImage | None]:
    for copy in copies:
        try:
            yield _shown(copy, limits, depth, [])
        except MemoryError:
            raise
        except Exception:
            yield None


def _orientation(image: Image.Image, *, decodes: bool) -> int:
    if ExifTags.Base.Orientation in getattr(image, "tag_v2", ()):
        return 1  # of a TIFF: its size is the upright one. An orientation in its XMP is not part of its size
    # A PNG decodes its pixels to find EXIF after them; the method of the base class does not.
    with without_warnings():
        exif = image.getexif() if decodes else Image.Image.getexif(image)
    return _valid(exif.get(ExifTags.Base.Orientation))


def _valid(orientation: object) -> int:
    """Return an orientation as readers apply it; 1 if they ignore it. A fraction or float may equal one: 12/2, 6.0."""
    return next((number for number in range(1, 9) if orientation == number), 1)
