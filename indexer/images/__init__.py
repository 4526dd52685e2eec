"""Read facts about an image from its bytes, or the reason why it cannot be used. Pure functions: no file is read.

``header`` reads the header, ``decode`` the pixels, ``open_shown`` both, ``inspect`` all columns of the table
``inspection``. All of them see the image as its readers do: upright. The first three raise
:class:`~indexer.base.errors.BadData`; ``inspect`` returns the problem as ``status`` and ``reason``.
"""

from indexer.images.inspecting import inspect
from indexer.images.models import INSPECTION_SCHEMA, Depth, ImageHeader, ImageLimits, Inspection
from indexer.images.orientations import turned_looks
from indexer.images.shown import ShownImage, decode, header, open_shown, reader_problem

__all__ = [
    "INSPECTION_SCHEMA",
    "Depth",
    "ImageHeader",
    "ImageLimits",
    "Inspection",
    "ShownImage",
    "decode",
    "header",
    "inspect",
    "open_shown",
    "reader_problem",
    "turned_looks",
]
