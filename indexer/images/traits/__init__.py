"""Traits of an image file that give its label away, read from its blocks; no pixel is decoded.

::

    blocks      bytes -> the blocks that matter, one function per format
    reading     blocks and header -> Traits
"""

from indexer.images.traits.reading import traits_of

__all__ = ["traits_of"]
