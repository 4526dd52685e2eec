"""Bytes -> thumbnails. Untrusted bytes are decoded in worker processes (:mod:`indexer.base.workers`)."""

import base64
import io
import unicodedata

from PIL import Image

from indexer.base.errors import BadData
from indexer.images import Depth, ImageLimits, open_shown
from indexer.images.colour import on_white
from indexer.images.decoding import codec_errors
from indexer.reporting.models import MissingThumbnail, Thumbnail, ThumbnailResult

SIDE = 224
_MEDIA = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif", "AVIF": "image/avif"}


def thumbnail(data: bytes, side: int = SIDE) -> ThumbnailResult:
    """Return a thumbnail of at most ``side`` pixels a side, or the reason why there is none; bad data never raises."""
    try:
        shown = open_shown(data, ImageLimits(), Depth((2 * side, 2 * side), "RGB"))
        with codec_errors():
            small = _rgb(shown.image)
            small.thumbnail((side, side), Image.Resampling.LANCZOS)
            encoded = io.BytesIO()
            small.save(encoded, "WEBP", quality=72, method=4)
            return Thumbnail(encoded.getvalue(), small.width, small.height)
    except BadData as bad:
        return MissingThumbnail(bad.reason.replace("_", " "))


def browser_image(data: bytes) -> ThumbnailResult:
    """Return the image in full size: unchanged bytes if browsers support the format, else a PNG on white."""
    try:
        shown = open_shown(data, ImageLimits())
        media = _MEDIA.get(shown.header.format)
        if media and shown.header.mode != "CMYK":
            return Thumbnail(shown.data, shown.header.width, shown.header.height, media)
        with codec_errors():
            encoded = io.BytesIO()
            _rgb(shown.image).save(encoded, "PNG")
            return Thumbnail(encoded.getvalue(), shown.header.width, shown.header.height, "image/png")
    except BadData as bad:
        return MissingThumbnail(bad.reason.replace("_", " "))


def _rgb(image: Image.Image) -> Image.Image:
    """Return the image as RGB: transparency over white, values of more than eight bits stretched to eight."""
    if image.mode.startswith("I") or image.mode == "F":
        return _stretched(image).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    return on_white(image.convert("RGBA")).convert("RGB")


def _stretched(image: Image.Image) -> Image.Image:
    values = image.convert("F")
    low, high = values.getextrema()
    if not (isinstance(low, float) and isinstance(high, float) and high > low):
        return values.convert("L")
    scale = 255 / (high - low)
    return values.point(lambda value: value * scale - low * scale).convert("L")


def data_uri(image: Thumbnail) -> str:
    """Return the image as the ``src`` of an ``img``."""
    return f"data:{image.media};base64,{base64.b64encode(image.data).decode('ascii')}"


def visible(text: str) -> str:
    """Return ``text`` with control, direction and unassigned characters as visible escapes (``\\x1b``)."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if unicodedata.category(character)[0] != "C":
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
