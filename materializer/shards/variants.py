"""Variants of an image for robustness benchmarks: its stored form, encoded anew, resized, cropped or without metadata.

A variant is made from the image as the build stores it, so all variants of an image differ by their own steps alone.
"""

import hashlib
import re
from collections.abc import Sequence

from indexer.base.errors import ConfigError
from indexer.images import ImageLimits, open_shown
from indexer.images.colour import to_rgb
from indexer.images.encoding import LARGEST_SIDE
from indexer.images.rendition import MOST_PIXELS, Rendition, render
from indexer.images.stripping import strip
from materializer.models import Settings
from materializer.shards.transform import PreparedImage

NATIVE, STRIPPED = "native", "stripped"

_STEPS = re.compile(r"(?:long(\d{1,5}))?-?(?:crop(\d{1,5}))?-?(?:(jpeg|webp)(\d{1,3}))?")
_LARGEST_QUALITY = 100
_KNOWN = (
    f"{NATIVE}, {STRIPPED}, longN and cropN (N pixels, 1 to {MOST_PIXELS:,}), jpegN and webpN (quality 1 to"
    f" {_LARGEST_QUALITY}), and steps in this order, as long512-crop224-jpeg75"
)


def parse(listed: Sequence[str]) -> tuple[str, ...]:
    """Return the checked names of variants: ``native`` first, then in name order.

    Raises:
        ConfigError: a variant is unknown or listed twice, or there is none.
    """
    names = [name.strip() for name in listed]
    for name in names:
        if name not in (NATIVE, STRIPPED):
            rendition_of(name)
        if names.count(name) > 1:
            raise ConfigError(f"--variants: '{name}' is listed twice")
    return tuple(sorted(names, key=lambda name: (name != NATIVE, name)))


def rendition_of(name: str) -> Rendition:
    """Return the steps of a variant.

    Raises:
        ConfigError: they are unknown or out of range.
    """
    found = _STEPS.fullmatch(name)
    long_side, crop, encoder, quality = found.groups() if found else (None,) * 4
    steps = {"long": long_side, "crop": crop, encoder: quality}
    numbers = {step: int(number) for step, number in steps.items() if step and number}
    if name != "-".join(f"{step}{number}" for step, number in numbers.items()) or not numbers:
        raise ConfigError(f"--variants: '{name}' is unknown: use {_KNOWN}")
    largest_side = LARGEST_SIDE["WEBP"] if "webp" in numbers else MOST_PIXELS
    for step, number in numbers.items():
        largest = largest_side if step in ("long", "crop") else _LARGEST_QUALITY
        if not 1 <= number <= largest:
            raise ConfigError(f"--variants: '{name}' is out of range: {step} takes 1 to {largest:,}")
    return Rendition(numbers.get("long"), numbers.get("crop"), numbers.get("jpeg"), numbers.get("webp"))


def encodes_all(settings: Settings) -> bool:
    """Return whether a shard's images are all encoded anew, so that their sizes are unknown before they are written."""
    return settings.align is not None or any(name not in (NATIVE, STRIPPED) for name in settings.variants)


def moves_pixels(name: str) -> bool:
    """Return whether a variant has another size than its image."""
    return name not in (NATIVE, STRIPPED) and rendition_of(name).moves_pixels


def split_of(split: str, variant: str) -> str:
    """Return the split that holds a variant of the images of ``split``: ``validation-jpeg75``."""
    return split if variant == NATIVE else f"{split}-{variant}"


def suffix_pattern(variants: Sequence[str]) -> str:
    """Return a regular expression of the end that :func:`split_of` adds to the name of a split."""
    names = [re.escape(name) for name in variants if name != NATIVE]
    return f"-(?:{'|'.join(names)})$" if names else "$"


def variant_in(split: str, variants: Sequence[str]) -> tuple[str, ...]:
    """Return the variant that a split of a build with ``variants`` holds, alone; none if the build has none."""
    found = re.search(suffix_pattern(variants), split)
    return (found[0].removeprefix("-") if found and found[0] else NATIVE,) if variants else ()


def varied(image: PreparedImage, variant: str, limits: ImageLimits) -> PreparedImage:
    """Return a variant of an image.

    Raises:
        BadData: too_small: it has no square of the size of the crop; too_large; undecodable; metadata_needed: readers
            show another picture without its metadata.
    """
    if variant == NATIVE:
        return image
    if variant == STRIPPED:
        data = strip(bytes(image.data), limits)
        return image._replace(data=data, sha256=_sha256(data), transform=_words(image, variant))
    rendition = rendition_of(variant)
    data, picture = render(to_rgb(open_shown(bytes(image.data), limits)), rendition)
    return PreparedImage(data, _sha256(data), *picture.size, rendition.suffix, _words(image, variant), image.facts)


def _words(image: PreparedImage, variant: str) -> str:
    return f"{image.transform}; variant {variant}"


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
