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
from indexer.images import jpeg
from indexer.images.models import ImageHeader, ImageLimits

_PILLOW_LIMIT = Image.MAX_IMAGE_PIXELS or 0

# `warnings` keeps its filters for the whole process, so only one thread at a time may change them.
_filters = threading.Lock()


def header(data: bytes, limits: ImageLimits | None = None) -> ImageHeader:
    """Return the facts in the header of an image; no pixel is decoded.

    Raises:
        BadData: empty, not_an_image, unsupported_format, too_many_pixels or undecodable.
    """
    with codec_errors():
        return read_header(open_image(data, limits or ImageLimits()), data)


def decode(data: bytes, limits: ImageLimits | None = None) -> Image.Image:
    """Return the first frame, fully decoded, in its stored mode.

    Raises:
        BadData: the reasons of :func:`header`, or truncated.
    """
    with codec_errors():
        image = open_image(data, limits or ImageLimits())
        image.load()
        return image


def open_image(data: bytes, limits: ImageLimits) -> Image.Image:
    """Return an image whose size is within ``limits``; its pixels are not decoded yet.

    Raises:
        BadData: empty, unsupported_format or too_many_pixels. Use it inside :func:`codec_errors` for all other errors.
    """
    if not data:
        raise BadData("empty", "the file has no bytes")
    with _filters, warnings.catch_warnings():
        # Pillow warns of decompression bombs, which are checked below, and of odd metadata, which affects no pixel.
        warnings.simplefilter("ignore")
        Image.MAX_IMAGE_PIXELS = max(limits.pixels, _PILLOW_LIMIT)  # Pillow refuses twice that, also in later frames
        try:
            image = Image.open(io.BytesIO(data), formats=image_formats.DECODERS)
        except UnidentifiedImageError:
            if name := image_formats.undecoded_format(data[:32]):
                raise BadData("unsupported_format", f"{name} images are not decoded") from None
            raise
    if image.width * image.height > limits.pixels:
        raise BadData("too_many_pixels", f"{image.width} x {image.height} is over {limits.pixels:,}")
    return image


def read_header(image: Image.Image, data: bytes) -> ImageHeader:
    """Return the facts of an image that was opened from ``data`` and not changed since."""
    tables: dict[int, list[int]] = getattr(image, "quantization", None) or {}
    return ImageHeader(
        width=image.width,
        height=image.height,
        format=image.format or "",
        mode=image.mode,
        jpeg_quality=jpeg.quality(tables),
        qtables_hash=jpeg.qtables_hash(tables),
        has_exif=_has_exif(image, data),
    )


def _has_exif(image: Image.Image, data: bytes) -> bool:
    if image.format == "PNG":
        return b"eXIf" in _png_chunks(data)
    return bool(image.info.get("exif")) or ExifTags.IFD.Exif in getattr(image, "tag_v2", ())


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
    """Raise BadData for any exception of a decoder.

    No list of exception types is complete: see Pillow's fuzz test, ``Tests/oss-fuzz/fuzzers.py``.

    Raises:
        BadData: not_an_image, too_many_pixels, truncated or undecodable.
    """
    try:
        yield
    except (BadData, MemoryError):  # the worker ends, and the task is retried
        raise
    except Exception as error:
        raise BadData(_reason(error), _detail(error)) from error


def _detail(error: Exception) -> str:
    """Return one line without the address of the buffer, so that equal problems have equal texts."""
    text = re.sub(r" <_io\.BytesIO[^>]*>", "", " ".join(str(error).split()))
    return f"{type(error).__name__}: {text}"[:200]


def _reason(error: Exception) -> str:
    if isinstance(error, Image.DecompressionBombError):
        return "too_many_pixels"
    if isinstance(error, UnidentifiedImageError):
        return "not_an_image"
    return "truncated" if "truncated" in str(error).lower() else "undecodable"
