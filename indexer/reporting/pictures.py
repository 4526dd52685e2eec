"""Bytes -> thumbnails. Strangers' bytes are decoded in workers that may die (:mod:`indexer.base.workers`)."""

import base64
import io
import unicodedata

from PIL import Image, ImageOps

from indexer.base.errors import BadData
from indexer.images import decoding
from indexer.images.models import ImageLimits
from indexer.reporting.models import Picture, Thumbnail, Unshown

SIDE = 224
_MEDIA = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}


def drawn(data: bytes, side: int = SIDE) -> Picture:
    """A thumbnail of at most ``side`` pixels a side, or why there is none; never raises for bad data."""
    try:
        with decoding.codec_errors():
            return _thumbnail(decoding.open_image(data, ImageLimits()), side)
    except BadData as bad:
        return Unshown(bad.reason.replace("_", " "))


def whole(data: bytes) -> Picture:
    """The image in full: its very bytes where browsers know the format, else as PNG on white."""
    try:
        with decoding.codec_errors():
            image = decoding.open_image(data, ImageLimits())
            media = _MEDIA.get(image.format or "")
            if media and image.mode != "CMYK":
                return Thumbnail(data, image.width, image.height, media)
            return _as_png(image)
    except BadData as bad:
        return Unshown(bad.reason.replace("_", " "))


def _as_png(image: Image.Image) -> Thumbnail:
    packed = io.BytesIO()
    on_white(image).save(packed, "PNG")
    return Thumbnail(packed.getvalue(), image.width, image.height, "image/png")


def _thumbnail(image: Image.Image, side: int) -> Thumbnail:
    image.draft("RGB", (2 * side, 2 * side))
    small = on_white(ImageOps.exif_transpose(image))
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    packed = io.BytesIO()
    small.save(packed, "WEBP", quality=72, method=4)
    return Thumbnail(packed.getvalue(), small.width, small.height)


def on_white(image: Image.Image) -> Image.Image:
    """The image as RGB: transparent pixels over white, deep grey values stretched over what eight bits hold."""
    if image.mode.startswith("I") or image.mode == "F":
        return _stretched(image).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")


def _stretched(image: Image.Image) -> Image.Image:
    values = image.convert("F")
    low, high = values.getextrema()
    if not (isinstance(low, float) and isinstance(high, float) and high > low):
        return values.convert("L")
    scale = 255 / (high - low)
    return values.point(lambda value: value * scale - low * scale).convert("L")


def data_uri(thumbnail: Thumbnail) -> str:
    """The thumbnail as the ``src`` of an ``img``."""
    return f"data:{thumbnail.media};base64,{base64.b64encode(thumbnail.data).decode('ascii')}"


def visible(text: str) -> str:
    """Names are data: control, direction and unassigned characters as escapes that can be seen (``\\x1b``)."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if unicodedata.category(character)[0] != "C":
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
