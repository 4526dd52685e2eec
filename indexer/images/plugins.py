"""Pillow's decoders that this program uses, with those of optional packages."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec

from indexer.base import image_formats
from indexer.base.image_formats import ImageFormat

_BUILT_IN = tuple(image.decoder for image in image_formats.FORMATS if image.decoder and not image.plugin)


def decoders(image: ImageFormat | None) -> tuple[str, ...]:
    """Return the names of the decoders for an image whose first bytes are of a format, or of none.

    A plugin is imported, which registers its decoder, when the first image needs it.
    """
    if image and image.decoder and image.plugin and _is_installed(image.plugin):
        return (*_BUILT_IN, image.decoder)
    return _BUILT_IN


def is_read(image: ImageFormat) -> bool:
    """Return whether images of a format are read, without importing a plugin."""
    return image.decoder is not None and (not image.plugin or find_spec(image.plugin.partition(".")[0]) is not None)


def hint(image: ImageFormat) -> str:
    """Return how to read a format that is not read, as the end of a sentence; empty if there is no way."""
    return f": pip install 'image-manifest[{image_formats.EXTRA}]'" if image.plugin else ""


@cache
def _is_installed(plugin: str) -> bool:
    try:
        import_module(plugin)
    except ImportError:
        return False
    return True
