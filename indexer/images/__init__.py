"""Read facts about an image from its bytes, or the reason why it cannot be used. Pure functions: no file is read.

``header`` reads the header, ``decode`` the pixels, ``inspect`` all columns of the table ``inspection``. The first two
raise :class:`~indexer.base.errors.BadData`; ``inspect`` returns the problem as ``status`` and ``reason``.
"""

from indexer.images.decoding import decode, header
from indexer.images.inspecting import inspect
from indexer.images.models import INSPECTION_SCHEMA, ImageHeader, ImageLimits, Inspection

__all__ = ["INSPECTION_SCHEMA", "ImageHeader", "ImageLimits", "Inspection", "decode", "header", "inspect"]
