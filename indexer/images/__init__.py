"""Read facts about an image from its bytes, or the reason why it cannot be used. Pure functions: no file is read.

``header`` reads the header, ``decode`` the pixels, ``open_shown`` both, ``inspect`` all columns of the table
``inspection``. All of them see the image as its readers do: upright. The first three raise
:class:`~indexer.base.errors.BadData`; ``inspect`` returns the problem as ``status`` and ``reason``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from indexer.images.models import INSPECTION_SCHEMA, Depth, ImageHeader, ImageLimits, Inspection, columns_of

if TYPE_CHECKING:
    from indexer.images.inspecting import inspect
    from indexer.images.orientations import turned_looks
    from indexer.images.shown import ShownImage, decode, header, open_shown, reader_problem

__all__ = [
    "INSPECTION_SCHEMA",
    "Depth",
    "ImageHeader",
    "ImageLimits",
    "Inspection",
    "ShownImage",
    "columns_of",
    "decode",
    "header",
    "inspect",
    "open_shown",
    "reader_problem",
    "turned_looks",
]

_DEFINED_IN = {"inspect": "inspecting", "turned_looks": "orientations"}


def __getattr__(name: str) -> Any:
    """Import the functions on first use: they load Pillow, which commands that open no image do without."""
    if name in __all__:
        return getattr(import_module(f"indexer.images.{_DEFINED_IN.get(name, 'shown')}"), name)
    raise AttributeError(f"module 'indexer.images' has no attribute '{name}'")
