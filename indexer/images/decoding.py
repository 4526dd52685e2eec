"""Pillow behind one door: the formats we allow, our pixel limit, and one kind of error for all that codecs raise."""

import io
import re
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import ExifTags, Image, UnidentifiedImageError

from indexer.base.errors import BadData
from indexer.images import jpeg
from indexer.images.models import ImageHeader, ImageLimits

# Decoders that may see a stranger's bytes. EPS, PDF, WMF and the rest start programs or have a record of overflows.
# JPEGs of several pictures (MPO) come with JPEG.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP")

_PILLOWS_PIXELS = Image.MAX_IMAGE_PIXELS or 0

# `warnings` keeps its filters for the whole process, so only one thread at a time may change them.
_filters = threading.Lock()


def header(data: bytes, limits: ImageLimits | None = None) -> ImageHeader:
    """What the file says before its pixels; nothing is decoded.

    Raises:
        BadData: empty, not_an_image, too_many_pixels or undecodable.
    """
    with codec_errors():
        return header_of(opened(data, limits or ImageLimits()), data)


def decode(data: bytes, limits: ImageLimits | None = None) -> Image.Image:
    """The first frame, all of it decoded, in the mode that it is stored in.

    Raises:
        BadData: as :func:`header`, or truncated.
    """
    with codec_errors():
        image = opened(data, limits or ImageLimits())
        image.load()
        return image


def opened(data: bytes, limits: ImageLimits) -> Image.Image:
    """An image whose size is known to be within ``limits``; its pixels are still packed."""
    if not data:
        raise BadData("empty", "no bytes at all")
    with _filters, warnings.catch_warnings():
        # Pillow warns of bombs, which we count ourselves, and of odd metadata, which spoils no pixel.
        warnings.simplefilter("ignore")
        Image.MAX_IMAGE_PIXELS = max(limits.pixels, _PILLOWS_PIXELS)  # it refuses twice that, also in later frames
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    if image.width * image.height > limits.pixels:
        raise BadData("too_many_pixels", f"{image.width} x {image.height} is over {limits.pixels:,}")
    return image


def header_of(image: Image.Image, data: bytes) -> ImageHeader:
    """The facts of an image that was opened from ``data`` and not yet changed."""
    tables: dict[int, list[int]] = getattr(image, "quantization", None) or {}
    return ImageHeader(
        width=image.width,
        height=image.height,
        format=image.format or "",
        mode=image.mode,
        jpeg_quality=jpeg.quality(tables),
        qtables_hash=jpeg.fingerprint(tables),
        has_exif=_has_exif(image, data),
    )


def _has_exif(image: Image.Image, data: bytes) -> bool:
    if image.format == "PNG":
        return b"eXIf" in _png_chunks(data)
    return bool(image.info.get("exif")) or ExifTags.IFD.Exif in getattr(image, "tag_v2", ())


def _png_chunks(data: bytes) -> set[bytes]:
    """The types of a PNG's chunks. EXIF may stand behind the pixels (PNG 11.3.4.3), where open() never looks."""
    found: set[bytes] = set()
    at = 8
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        found.add(name)
        at += length + 12
    return found


@contextmanager
def codec_errors() -> Iterator[None]:
    """Whatever a codec raises is the image's fault: no list of types is complete, so all are caught.

    See Pillow's own fuzz test for how wide that list already is: ``Tests/oss-fuzz/fuzzers.py``.
    """
    try:
        yield
    except (BadData, MemoryError):  # memory is the process's affair: whoever runs it has it end and tries again
        raise
    except Exception as error:
        raise BadData(_word(error), _detail(error)) from error


def _detail(error: Exception) -> str:
    """One line, without the buffer's address: equal troubles read alike."""
    text = re.sub(r" <_io\.BytesIO[^>]*>", "", " ".join(str(error).split()))
    return f"{type(error).__name__}: {text}"[:200]


def _word(error: Exception) -> str:
    if isinstance(error, Image.DecompressionBombError):
        return "too_many_pixels"
    if isinstance(error, UnidentifiedImageError):
        return "not_an_image"
    return "truncated" if "truncated" in str(error).lower() else "undecodable"
