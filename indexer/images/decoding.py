"""The only use of Pillow's decoders: allowed formats, the limit of pixels, and one error type for all failures."""

import io
import re
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import ExifTags, Image, UnidentifiedImageError

from indexer.base import image_formats
from indexer.base.errors import BadData
from indexer.base.placeholders import placeholder_of
from indexer.images import jpeg_quality, jxl, libtiff, plugins, samples
from indexer.images.metadata.png import TEXTS
from indexer.images.models import ImageHeader, ImageLimits

_HEAD_SIZE = 512  # bytes that show a placeholder
_PILLOW_LIMIT = Image.MAX_IMAGE_PIXELS or 0

# `warnings` keeps its filters for the whole process, so only one thread at a time may change them.
_filters = threading.Lock()


def open_image(data: bytes, limits: ImageLimits) -> Image.Image:
    """Return an image whose size is within ``limits``; its pixels are not decoded yet.

    Raises:
        BadData: empty, not_an_image, unsupported_format or too_many_pixels. Use it inside :func:`codec_errors` for all
            other errors.
    """
    if not data:
        raise BadData("empty", "the file has no bytes")
    named = image_formats.format_of(data)
    decoders = plugins.decoders(named)
    if named and named.decoder not in decoders:
        raise BadData("unsupported_format", f"{named.name} images are not read{plugins.hint(named)}")
    if named and named.name == "JXL":  # its decoder decodes all pixels before it returns the size
        _check_size(jxl.size(data), limits)
    with without_warnings():
        Image.MAX_IMAGE_PIXELS = max(limits.pixels, _PILLOW_LIMIT)  # Pillow refuses twice that, also in later frames
        try:
            image = Image.open(io.BytesIO(data), formats=decoders)
        except UnidentifiedImageError as error:
            if named is None and (placeholder := placeholder_of(data[:_HEAD_SIZE])):
                raise BadData("not_an_image", placeholder) from None
            if named is None:
                raise
            if named.name == "TIFF" and (described := samples.described(data)):
                raise BadData("unsupported_format", f"Pillow reads no TIFF of {described}") from None
            # The signature is right, so the file is an image that is damaged, or a variant that Pillow does not read.
            raise BadData("undecodable", _detail(error)) from error
    _check_size(image.size, limits)
    return image


@contextmanager
def without_warnings() -> Iterator[None]:
    """Silence Pillow's warnings of decompression bombs, which are checked here, and of odd metadata."""
    with _filters, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _check_size(size: tuple[int, int], limits: ImageLimits) -> None:
    if size[0] * size[1] > limits.pixels:
        raise BadData("too_many_pixels", f"{size[0]} x {size[1]} is over {limits.pixels:,}")


def read_header(image: Image.Image, data: bytes) -> ImageHeader:
    """Return the facts of an image that was opened from ``data`` and not changed since; size as coded."""
    tables: dict[int, list[int]] = getattr(image, "quantization", None) or {}
    return ImageHeader(
        width=image.width,
        height=image.height,
        format=image.format or "",
        mode=image.mode,
        jpeg_quality=jpeg_quality.quality_of(tables),
        qtables_hash=jpeg_quality.qtables_hash(tables),
        has_exif=_has_exif(image, data),
    )


def _has_exif(image: Image.Image, data: bytes) -> bool:
    if image.format == "PNG":
        return b"eXIf" in _png_chunks(data)
    return bool(image.info.get("exif")) or ExifTags.IFD.Exif in getattr(image, "tag_v2", ())


def metadata_follows_pixels(image: Image.Image, data: bytes) -> bool:
    """Return whether readers may find an orientation after the pixels: in a PNG with EXIF or XMP."""
    return image.format == "PNG" and not _png_chunks(data).isdisjoint({b"eXIf", *TEXTS})


def _png_chunks(data: bytes) -> set[bytes]:
    """Return the chunk types of a PNG. EXIF may follow the pixels (PNG 11.3.4.3), where Image.open does not look."""
    found: set[bytes] = set()
    at = 8
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        found.add(name)
        at += length + 12
    return found


@contextmanager
def codec_errors() -> Iterator[None]:
    """Raise BadData for any exception of a decoder, with the messages of libtiff.

    No list of exception types is complete: see Pillow's fuzz test, ``Tests/oss-fuzz/fuzzers.py``.

    Raises:
        BadData: not_an_image, too_many_pixels, truncated or undecodable.
    """
    libtiff.clear()
    try:
        yield
    except (BadData, MemoryError):  # the worker ends, and the task is retried
        raise
    except Exception as error:
        raise BadData(_reason(error), _detail(error)) from error


def _detail(error: Exception) -> str:
    """Return one line without the address of the buffer, so that equal problems have equal texts."""
    text = re.sub(r" <_io\.BytesIO[^>]*>", "", " ".join(str(error).split()))
    messages = "; ".join(libtiff.messages())
    return f"{type(error).__name__}: {text}{f' ({messages})' if messages else ''}"[:200]


def _reason(error: Exception) -> str:
    if isinstance(error, Image.DecompressionBombError):
        return "too_many_pixels"
    if isinstance(error, UnidentifiedImageError):
        return "not_an_image"
    return "truncated" if "truncated" in str(error).lower() else "undecodable"
