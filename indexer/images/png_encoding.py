"""Encode RGB images as PNG: the same bytes on every machine, several times as fast as Pillow.

Pillow compresses with the zlib that it was built with, so its bytes differ between builds. Here numpy filters the rows
and libdeflate, which is part of the package ``deflate``, compresses them. Source: PNG specification (third edition),
chapters 9 and 11.
"""

import struct
from collections.abc import Callable
from importlib.metadata import version

import deflate
import numpy as np
import numpy.typing as npt
from PIL import Image

from indexer.images.metadata.png import chunk_of

Rows = npt.NDArray[np.uint8]

ENCODER = f"deflate {version('deflate')}, filters 1"  # changes if other bytes are written for the same pixels
# Photographs are packed to two thirds, by all levels alike.
_LEVEL = 1
# Smooth pictures, which are packed to less than two fifths, save a tenth with a higher level.
_SMOOTH, _SMOOTH_LEVEL = 2.5, 3
# Drawings, which are packed to less than an eighth, are packed better without filters; they take little time.
_DRAWING, _DRAWING_LEVEL = 8, 6
_PIXEL = 3  # bytes
_BAND_SIZE = 1 << 17  # bytes of rows that are filtered at a time: they stay in the processor's cache
_SAMPLED = 8  # one of so many rows decides which filter its band gets


def encode_png(image: Image.Image) -> bytes:
    """Return an image of mode RGB as PNG with eight bits per sample, without metadata."""
    width, height = image.size
    pixels = np.asarray(image).reshape(height, width * _PIXEL)
    filtered = np.empty((height, 1 + width * _PIXEL), np.uint8)
    band = max(1, _BAND_SIZE // (width * _PIXEL))
    for start in range(0, height, band):
        _filter(pixels, filtered, slice(start, min(start + band, height)))
    packed = bytes(deflate.zlib_compress(filtered, _LEVEL))
    if len(packed) * _DRAWING < filtered.size:
        filtered[:, 0], filtered[:, 1:] = 0, pixels
        packed = min(packed, bytes(deflate.zlib_compress(filtered, _DRAWING_LEVEL)), key=len)
    elif len(packed) * _SMOOTH < filtered.size:
        packed = bytes(deflate.zlib_compress(filtered, _SMOOTH_LEVEL))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk_of(name, data) for name, data in chunks)


def _filter(pixels: Rows, filtered: Rows, band: slice) -> None:
    """Filter the rows of a band by the one filter whose sampled residuals have the smallest sum of magnitudes."""
    rows = pixels[band]
    above = np.zeros_like(rows)
    above[1:] = rows[:-1]
    if band.start:
        above[0] = pixels[band.start - 1]
    sums = [_magnitude(function(rows[::_SAMPLED], above[::_SAMPLED])) for function in _FILTERS]
    chosen = int(np.argmin(sums))
    filtered[band, 0] = chosen
    filtered[band, 1:] = _FILTERS[chosen](rows, above)


def _magnitude(residuals: Rows) -> int:
    """Return the sum of the residuals' magnitudes, as signed bytes."""
    return int(np.minimum(residuals, np.negative(residuals)).sum(dtype=np.int64))


def _left(rows: Rows) -> Rows:
    """Return the pixels to the left of each pixel; zero before the first."""
    shifted = np.zeros_like(rows)
    shifted[:, _PIXEL:] = rows[:, :-_PIXEL]
    return shifted


def _none(rows: Rows, above: Rows) -> Rows:  # noqa: ARG001
    return rows


def _sub(rows: Rows, above: Rows) -> Rows:  # noqa: ARG001
    return rows - _left(rows)


def _up(rows: Rows, above: Rows) -> Rows:
    return rows - above


def _average(rows: Rows, above: Rows) -> Rows:
    left = _left(rows)
    return rows - ((left & above) + ((left ^ above) >> 1))


def _paeth(rows: Rows, above: Rows) -> Rows:
    """Subtract the neighbour that is nearest to left + above - corner (PNG specification, 9.4)."""
    left, corner = _left(rows), _left(above)
    wide = corner.astype(np.int16)
    to_left, to_above = above - wide, left - wide
    to_corner = np.abs(to_left + to_above)
    np.abs(to_left, out=to_left)
    np.abs(to_above, out=to_above)
    takes_left = _mask(to_left <= np.minimum(to_above, to_corner))
    takes_above = _mask(to_above <= to_corner)
    second = corner ^ ((corner ^ above) & takes_above)
    residuals: Rows = rows - (second ^ ((second ^ left) & takes_left))
    return residuals


def _mask(condition: npt.NDArray[np.bool_]) -> Rows:
    """Return 255 where the condition holds, else 0: np.where takes ten times as long."""
    mask: Rows = np.negative(condition.view(np.uint8))
    return mask


# By their number in a row's first byte.
_FILTERS: tuple[Callable[[Rows, Rows], Rows], ...] = (_none, _sub, _up, _average, _paeth)
