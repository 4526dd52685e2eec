"""Convert an image to RGB in the sRGB colour space, on white, without any metadata."""

import io
from contextlib import suppress

from PIL import Image, ImageCms

from indexer.images.decoding import codec_errors
from indexer.images.samples import eight_bits
from indexer.images.shown import ShownImage

# Mode of the pixels -> colour space of a profile that fits (ICC.1:2022, section 7.2.6).
_SPACES = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK"}
_GREY = frozenset(["1", "L", "LA", "La"])


def to_rgb(shown: ShownImage) -> Image.Image:
    """Return the image as RGB on white. Colours are converted to sRGB by the image's profile, if it is usable.

    Raises:
        BadData: unknown_range, or undecodable.
    """
    with codec_errors():
        image = shown.image
        profile = image.info.get("icc_profile")
        if image.mode.startswith("I") or image.mode == "F":
            image = eight_bits(image, shown.samples)
        colours = _by_profile(image, profile) if profile else None
        picture = _on_white(image, colours)
        picture.info = {}  # encoders store a profile, a comment or a resolution that they find there
        return picture


def is_plain_rgb(shown: ShownImage) -> bool:
    """Return whether the pixels are RGB as they are: :func:`to_rgb` would copy them."""
    image = shown.image
    return image.mode == "RGB" and not image.has_transparency_data and not image.info.get("icc_profile")


def on_white(layer: Image.Image) -> Image.Image:
    """Return an image of mode RGBA on white, which is opaque."""
    white = Image.new("RGBA", layer.size, "white")
    white.alpha_composite(layer)
    return white


def _on_white(image: Image.Image, colours: Image.Image | None) -> Image.Image:
    if not image.has_transparency_data:
        return colours or image.convert("RGB")
    layer = image.convert("RGBA")
    if colours:
        colours.putalpha(layer.getchannel("A"))
        layer = colours
    return on_white(layer).convert("RGB")


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Return the colours as sRGB; None if the profile is damaged, of another colour space, or sRGB itself."""
    colours = image
    if image.mode not in _SPACES:
        colours = image.convert("L") if image.mode in _GREY else image.convert("RGBA").convert("RGB")
    with suppress(ImageCms.PyCMSError, OSError, TypeError, ValueError):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = source.profile.xcolor_space.strip()
        if space == _SPACES[colours.mode] and "sRGB" not in ImageCms.getProfileDescription(source):
            return ImageCms.profileToProfile(colours, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    return None
