"""Check an image and make the bytes that are stored; pure functions of bytes."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from indexer.base import image_formats
from indexer.base.errors import BadData
from indexer.base.workers import time_limit
from indexer.images import Depth, ImageHeader, ImageLimits, ShownImage, header, open_shown
from indexer.images.colour import to_rgb
from indexer.images.decoding import codec_errors
from indexer.images.encoding import encode
from indexer.images.plain_jpeg import plain_jpeg
from indexer.images.png_encoding import ENCODER, encode_png
from indexer.images.rendition import Rendition, render
from indexer.images.sound_png import proven_header
from indexer.images.strict_jpeg import is_sound
from indexer.images.stripping import strip
from materializer.models import Check, Pixels, Settings

VERBATIM, METADATA_REMOVED, METADATA_STRIPPED = "verbatim", "metadata_removed", "metadata_stripped"

_SUFFIXES = {"JPEG": "jpg", "MPO": "jpg", "TIFF": "tif", "JPEG2000": "jp2", "HEIF": "heic"}
# Images that readers of folders pass over, by their suffixes: `datasets` on the hub (AVIF) and torchvision (all three).
_PASSED_OVER = MappingProxyType({"imagefolder": frozenset(["AVIF", "JPEG2000", "GIF"])})
_JPEG_FORMATS = ("JPEG", "MPO")
_SMALLEST = (1, 1)  # a JPEG decoded at an eighth of its size has the same damage, in half the time


# There is one of the next class and of PreparedImage per image: named tuples are made faster than frozen dataclasses.
class ImageFacts(NamedTuple):
    """Properties of an image's bytes, whose hash is ``sha256`` (hex). The size is that of the upright image.

    ``metadata_removed``: readers can only open a copy without the damaged metadata.
    """

    sha256: str
    width: int
    height: int
    format: str
    mode: str
    metadata_removed: bool


@dataclass(frozen=True, slots=True)
class LooseFile:
    """The loose file that an image was read from, with the size and time that it had."""

    path: str
    size: int
    mtime_ns: int


class PreparedImage(NamedTuple):
    """An image as it is stored: ``data`` with its ``sha256`` (hex) and the size that readers show, in pixels.

    ``facts`` are those of the source's bytes; ``transform`` describes the conversion. ``companions`` are the images
    that are stored with it, by their position in the further columns.
    """

    data: bytes | memoryview
    sha256: str
    width: int
    height: int
    suffix: str
    transform: str
    facts: ImageFacts
    companions: Mapping[int, "PreparedImage"] = MappingProxyType({})
    file: LooseFile | None = None  # that has the same bytes, if it may be linked

    @property
    def stored_size(self) -> int:
        """Bytes of the image and its companions."""
        size = len(self.data)
        return size + sum(len(one.data) for one in self.companions.values()) if self.companions else size


def prepare(
    data: bytes | memoryview,
    known: ImageFacts | None,
    expected_sha256: str | None,
    settings: Settings,
    limits: ImageLimits,
) -> PreparedImage:
    """Check an image and return it as it is stored.

    ``known`` are the facts of an earlier inspection. If they are of the same bytes, these are not decoded again, unless
    the image is converted.

    Raises:
        BadData: the bytes are not the expected ones (``differs``), or not a usable image (the reasons of
            ``indexer.images``).
    """
    digest = hashlib.sha256(data).hexdigest()
    if expected_sha256 is not None and digest != expected_sha256:
        raise BadData("differs", f"sha256 is {digest}, the manifest has {expected_sha256}")
    facts = known if known is not None and known.sha256 == digest else None
    is_header_enough = settings.check in (Check.HEADER, Check.NONE)
    if facts is None and is_header_enough:
        facts = _plain_facts(digest, data, limits)
    if facts is not None and _is_unchanged(facts, settings):
        return PreparedImage(data, digest, facts.width, facts.height, suffix_of(facts.format), VERBATIM, facts)
    with time_limit(limits.seconds):  # ends this worker if a codec hangs; the image is refused
        if facts is None and is_header_enough:
            facts = _facts(digest, header(bytes(data), limits), metadata_removed=False)
        if facts is None and settings.pixels is not Pixels.JPEG and settings.align is None:
            facts = _proven_facts(digest, data, settings, limits)
        return _prepared(data, facts, None, settings, limits) if facts else _decoded(digest, data, settings, limits)


def _decoded(digest: str, data: bytes | memoryview, settings: Settings, limits: ImageLimits) -> PreparedImage:
    """Return the image as it is stored, after decoding it."""
    data = bytes(data)
    reduced_to = None if settings.pixels is Pixels.JPEG or settings.align else _SMALLEST
    shown = open_shown(data, limits, Depth(reduced_to, is_strict=settings.check == Check.DECODE))
    facts = _facts(digest, shown.header, metadata_removed=shown.metadata_removed)
    if reduced_to and facts.format in _JPEG_FORMATS and not _is_kept(facts, settings):
        shown = open_shown(shown.data, limits)
    return _prepared(data, facts, shown, settings, limits)


def suffix_of(image_format: str) -> str:
    """Return the file name suffix of a Pillow format: ``jpg`` for ``JPEG``, ``png`` for ``PNG``."""
    return _SUFFIXES.get(image_format, image_format.lower())


def _proven_facts(digest: str, data: bytes | memoryview, settings: Settings, limits: ImageLimits) -> ImageFacts | None:
    """Return the facts of a plain JPEG or PNG that decodes, without its full pixels; None if that is not proven.

    A PNG that is converted is decoded anyway.
    """
    plain = _plain_facts(digest, data, limits)
    if plain is not None:
        return plain if is_sound(data) else None
    proven = proven_header(data, limits, only_rgb=settings.pixels is Pixels.RGB)
    return _facts(digest, proven, metadata_removed=False) if proven else None


def _plain_facts(digest: str, data: bytes | memoryview, limits: ImageLimits) -> ImageFacts | None:
    plain = plain_jpeg(data)
    if plain is None or plain.width * plain.height > limits.pixels:
        return None
    return ImageFacts(digest, plain.width, plain.height, "JPEG", plain.mode, metadata_removed=False)


def _facts(digest: str, found: ImageHeader, *, metadata_removed: bool) -> ImageFacts:
    return ImageFacts(digest, found.width, found.height, found.format, found.mode, metadata_removed)


def _prepared(
    data: bytes | memoryview, facts: ImageFacts, shown: ShownImage | None, settings: Settings, limits: ImageLimits
) -> PreparedImage:
    """Return the image as it is stored; ``shown`` is given if it was decoded already, in full size if converted."""
    if settings.align:
        return _rendered(shown or open_shown(bytes(data), limits), facts, settings.align)
    if settings.pixels is Pixels.JPEG:
        return _converted(shown or open_shown(bytes(data), limits), facts, "JPEG", settings.quality)
    if not _is_kept(facts, settings):
        return _converted(shown or open_shown(bytes(data), limits), facts, "PNG")
    stored, transform = data, VERBATIM
    if settings.strip_metadata:
        copy = strip(bytes(data), limits)
        stored, transform = (data, VERBATIM) if copy == data else (copy, METADATA_STRIPPED)
    elif facts.metadata_removed:
        stored, transform = (shown or open_shown(bytes(data), limits, Depth(_SMALLEST))).data, METADATA_REMOVED
    digest = facts.sha256 if stored is data else hashlib.sha256(stored).hexdigest()
    return PreparedImage(stored, digest, facts.width, facts.height, suffix_of(facts.format), transform, facts)


def _is_unchanged(facts: ImageFacts, settings: Settings) -> bool:
    """Return whether the bytes are stored as they are, metadata included. Raises BadData as :func:`_is_kept`."""
    is_converted = settings.align or settings.pixels is Pixels.JPEG or settings.strip_metadata or facts.metadata_removed
    return not is_converted and _is_kept(facts, settings)


def _is_kept(facts: ImageFacts, settings: Settings) -> bool:
    """Return whether the image is stored as it is.

    Raises:
        BadData: unsupported_format: it must be, and programs without a plugin cannot open it.
    """
    image_format = image_formats.by_name(facts.format)
    needs_plugin = image_format is not None and image_format.plugin is not None
    if settings.pixels is Pixels.VERBATIM and needs_plugin:
        what = f"{facts.format} images open with a plugin only: build with --pixels rgb, which converts them"
        raise BadData("unsupported_format", what)
    if settings.pixels is Pixels.VERBATIM:
        return True
    return facts.mode == "RGB" and not needs_plugin and facts.format not in _PASSED_OVER.get(settings.format, ())


def _rendered(shown: ShownImage, facts: ImageFacts, rendition: Rendition) -> PreparedImage:
    stored, picture = render(to_rgb(shown), rendition)
    image_format = "PNG" if rendition.suffix == "png" else "JPEG"
    transform = f"{facts.format} {facts.mode} to {image_format} RGB (align: {rendition})"
    digest = hashlib.sha256(stored).hexdigest()
    return PreparedImage(stored, digest, *picture.size, rendition.suffix, transform, facts)


def _converted(shown: ShownImage, facts: ImageFacts, image_format: str, quality: int = 0) -> PreparedImage:
    picture = to_rgb(shown)
    with codec_errors():
        stored = encode_png(picture) if image_format == "PNG" else encode(picture, image_format, quality=quality)
    words = ENCODER if image_format == "PNG" else f"quality {quality}"
    transform = f"{facts.format} {facts.mode} to {image_format} RGB ({words})"
    if shown.metadata_removed or facts.metadata_removed:
        transform += f"; {METADATA_REMOVED}"
    digest = hashlib.sha256(stored).hexdigest()
    return PreparedImage(stored, digest, *picture.size, suffix_of(image_format), transform, facts)
