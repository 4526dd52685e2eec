"""From an image's bytes to the bytes that are stored: looked into, and converted where it must be. Pure."""

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
class KnownFacts:
    """What is known of an image's bytes. ``sha256`` tells of which."""

    sha256: str
    width: int
    height: int
    format: str
    mode: str


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An image as it is stored. ``facts`` are of the source's bytes, ``transform`` says how ``data`` came of them."""

    data: bytes
    sha256: str
    width: int
    height: int
    suffix: str
    transform: str
    facts: KnownFacts


def prepare(
    data: bytes, known: KnownFacts | None, expected_sha256: str | None, settings: Settings, limits: ImageLimits
) -> StoredImage:
    """Check an image and make what is stored of it.

    ``known`` is what an earlier look at these very bytes found; then they are not decoded again.

    Raises:
        BadData: it is not the expected image (differs), or no usable one (the words of ``indexer.images``).
    """
    digest = hashlib.sha256(data).hexdigest()
    if expected_sha256 is not None and digest != expected_sha256:
        raise BadData("differs", f"sha256 is {digest}, the manifest has {expected_sha256}")
    facts = known if known is not None and known.sha256 == digest else _examined(data, digest, settings.check, limits)
    if settings.pixels is Pixels.JPEG:
        return _converted(data, facts, "JPEG", {"quality": settings.quality}, limits)
    if settings.pixels is Pixels.VERBATIM or facts.mode == "RGB":
        return StoredImage(data, digest, facts.width, facts.height, suffix_of(facts.format), VERBATIM, facts)
    return _converted(data, facts, "PNG", {"compress_level": 6}, limits)


def suffix_of(image_format: str) -> str:
    """``JPEG`` is ``jpg``, ``PNG`` is ``png``, ..."""
    return _SUFFIXES.get(image_format, image_format.lower())


def _examined(data: bytes, digest: str, check: Check, limits: ImageLimits) -> KnownFacts:
    with codec_errors(), open_image(data, limits) as image:
        facts = KnownFacts(digest, image.width, image.height, image.format or "", image.mode)
        if check is Check.DECODE:
            # An eighth of a JPEG's size takes all of its bytes and half the time: it finds what a full decode finds.
            image.draft("L", (1, 1))
            image.load()
        return facts


def _converted(
    data: bytes, facts: KnownFacts, image_format: str, options: dict[str, Any], limits: ImageLimits
) -> StoredImage:
    image = decode(data, limits)
    target = io.BytesIO()
    with codec_errors():
        # An orientation that was noted beside the pixels would be lost with the notes.
        picture = _on_white(ImageOps.exif_transpose(image))
        picture.save(target, format=image_format, **options)
    stored = target.getvalue()
    digest = hashlib.sha256(stored).hexdigest()
    words = " ".join(f"{name} {value}" for name, value in options.items())
    transform = f"{facts.format} {facts.mode} to {image_format} RGB ({words})"
    return StoredImage(stored, digest, *picture.size, suffix_of(image_format), transform, facts)


def _on_white(image: Image.Image) -> Image.Image:
    """RGB, with whatever was transparent on white; 16 bits are scaled to 8, not cut off at white."""
    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(image).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    white = Image.new("RGBA", image.size, "white")
    white.alpha_composite(image.convert("RGBA"))
    return white.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 bits counts from 0 to 65535, floating point from 0 to 1: what PNG and TIFF ship in these modes."""
    values = np.nan_to_num(np.asarray(image).astype(np.float64))
    white = 1.0 if image.mode == "F" else 65535.0
    return Image.fromarray(np.rint(np.clip(values / white, 0, 1) * 255).astype(np.uint8))
