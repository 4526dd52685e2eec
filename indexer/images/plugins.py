"""Pillow's decoders that this program uses, with those of optional packages."""

from functools import cache
from importlib import import_module

from indexer.base import image_formats
from indexer.base.image_formats import ImageFormat


@cache
def decoders() -> tuple[str, ...]:
    """Return the names of the decoders, after the plugins that are installed have registered theirs."""
    return tuple(image.decoder for image in image_formats.FORMATS if image.decoder and _is_available(image))


def hint(image: ImageFormat) -> str:
    """Return how to read a format that is not read, as the end of a sentence; empty if there is no way."""
    return f": pip install 'image-manifest[{image_formats.EXTRA}]'" if image.plugin else ""


def _is_available(image: ImageFormat) -> bool:
    if image.plugin is None:
        return True
    try:
        import_module(image.plugin)
    except ImportError:
        return False
    return True
