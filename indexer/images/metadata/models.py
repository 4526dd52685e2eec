"""Levels of metadata, and the smallest EXIF block."""

import struct
from enum import IntEnum

_ORIENTATION, _SHORT = 0x0112, 3


class Level(IntEnum):
    """The metadata that a copy leaves out; each level includes the one before."""

    EXIF = 1
    TEXTS = 2  # all but the colour profile
    ALL = 3


def exif_of(orientation: int) -> bytes:
    """Return an EXIF block (TIFF) with the orientation as its only tag; empty if the orientation is 1."""
    if orientation == 1:
        return b""
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, _ORIENTATION, _SHORT, 1, orientation, 0, 0)
