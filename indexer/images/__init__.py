"""Bytes -> facts about an image, or the reason why it cannot be used. Pure functions; nothing here reads a file.

``header`` tells what stands before the pixels, ``decode`` gives the whole picture, ``inspect`` all that the table
``inspection`` keeps. The first two raise :class:`~indexer.base.errors.BadData`; ``inspect`` answers with it.
"""

from indexer.images.decoding import decode, header
from indexer.images.inspecting import failed, inspect
from indexer.images.models import INSPECTION_SCHEMA, ImageHeader, ImageLimits, Inspection

__all__ = ["INSPECTION_SCHEMA", "ImageHeader", "ImageLimits", "Inspection", "decode", "failed", "header", "inspect"]
