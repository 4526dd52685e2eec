"""Check an image and make the bytes that are stored; pure functions of bytes."""

import hashlib
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from indexer.base.errors import BadData
from indexer.images import ImageLimits
from indexer.images.decoding import codec_errors, decode, open_image
from materializer.models import Check, Pixels, Settings

VERBATIM = "verbatim"

_SUFFIXES = {"JPEG": "jpg", "MPO": "jpg", "TIFF": "tif"}


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """Properties of an image's bytes, whose hash is ``sha256`` (hex)."""

    sha256: str
    width: int
    height: int
    format: str
    mode: str


@dataclass(frozen=True, slots=True)
class PreparedImage:
    """An image as it is stored: ``data`` with its ``sha256`` (hex) and size in pixels.

    ``facts`` are those of the source's bytes; ``transform`` describes the conversion.
    """

    data: bytes
    sha256: str
    width: int
    height: int
    suffix: str
    transform: str
    facts: ImageFacts


def prepare(
    data: bytes, known: ImageFacts | None, expected_sha256: str | None, settings: Settings, limits: ImageLimits
) -> PreparedImage:
    """Check an image and return it as it is stored.

    ``known`` are the facts of an earlier inspection. If they are of the same bytes, these are not decoded again.

    Raises:
        BadData: the bytes are not the expected ones (``differs``), or not a usable image (the reasons of
            ``indexer.images``).
    """
    digest = hashlib.sha256(data).hexdigest()
    if expected_sha256 is not None and digest != expected_sha256:
        raise BadData("differs", f"sha256 is {digest}, the manifest has {expected_sha256}")
    facts = known if known is not None and known.sha256 == digest else _checked(data, digest, settings.check, limits)
    if settings.pixels is Pixels.JPEG:
        return _converted(data, facts, "JPEG", {"quality": settings.quality}, limits)
    if settings.pixels is Pixels.VERBATIM or facts.mode == "RGB":
        return PreparedImage(data, digest, facts.width, facts.height, suffix_of(facts.format), VERBATIM, facts)
    return _converted(data, facts, "PNG", {"compress_level": 6}, limits)


def suffix_of(image_format: str) -> str:
    """Return the file name suffix of a Pillow format: ``jpg`` for ``JPEG``, ``png`` for ``PNG``."""
    return _SUFFIXES.get(image_format, image_format.lower())


def _checked(data: bytes, digest: str, check: Check, limits: ImageLimits) -> ImageFacts:
    with codec_errors(), open_image(data, limits) as image:
        facts = ImageFacts(digest, image.width, image.height, image.format or "", image.mode)
        if check is Check.DECODE:
            # Decoding a JPEG at an eighth of its size reads all bytes in half the time and finds the same damage.
            image.draft("L", (1, 1))
            image.load()
        return facts


def _converted(
    data: bytes, facts: ImageFacts, image_format: str, options: dict[str, Any], limits: ImageLimits
) -> PreparedImage:
    image = decode(data, limits)
    target = io.BytesIO()
    with codec_errors():
        # The EXIF orientation is applied, because the conversion drops EXIF.
        picture = _on_white(ImageOps.exif_transpose(image))
        picture.save(target, format=image_format, **options)
    stored = target.getvalue()
    digest = hashlib.sha256(stored).hexdigest()
    words = " ".join(f"{name} {value}" for name, value in options.items())
    transform = f"{facts.format} {facts.mode} to {image_format} RGB ({words})"
    return PreparedImage(stored, digest, *picture.size, suffix_of(image_format), transform, facts)


def _on_white(image: Image.Image) -> Image.Image:
    """Return the image as RGB on white; values of 16 bits are scaled to 8, not clipped."""
    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(image).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    white = Image.new("RGBA", image.size, "white")
    white.alpha_composite(image.convert("RGBA"))
    return white.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scale grey of 16 bits from 0 to 65535, floating point from 0 to 1: the ranges that PNG and TIFF files have."""
    values = np.nan_to_num(np.asarray(image).astype(np.float64))
    white = 1.0 if image.mode == "F" else 65535.0
    return Image.fromarray(np.rint(np.clip(values / white, 0, 1) * 255).astype(np.uint8))
