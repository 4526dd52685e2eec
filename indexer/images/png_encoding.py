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

from indexer.images.metadata.png import SIGNATURE, chunk_of

Rows = npt.NDArray[np.uint8]

ENCODER = f"deflate {version('deflate')}, filters 2"  # changes if other bytes are written for the same pixels
# Photographs are packed to two thirds, by all levels alike; smooth pictures save a tenth with a higher level; drawings
# take little time with any.
_FASTEST, _SMOOTH_LEVEL, _DRAWING_LEVEL = 1, 3, 6
_SMOOTH, _DRAWING = 2.3, 8.0  # how many times smaller they are packed
_PIXEL = 3  # bytes
# Bytes of rows that are filtered at a time. They stay in the processor's cache, and temporary arrays of two bytes per
# sample stay below 128 KB, above which malloc takes new pages from the system.
_BAND_SIZE = 60_000
_SAMPLED = 8  # one of so many rows decides which filter its band gets
_BLOCKS = 8  # blocks of rows that are packed to choose between rows with and without filters


def encode_png(image: Image.Image) -> bytes:
    """Return an image of mode RGB as PNG with eight bits per sample, without metadata."""
    width, height = image.size
    pixels = np.asarray(image).reshape(height, width * _PIXEL)
    filtered = np.empty((height, 1 + width * _PIXEL), np.uint8)
    level, has_filters = _choose(pixels)
    if has_filters:
        band = max(1, _BAND_SIZE // (width * _PIXEL))
        for start in range(0, height, band):
            _filter(pixels, np.arange(start, min(start + band, height)), filtered[start : start + band])
    else:
        filtered[:, 0], filtered[:, 1:] = 0, pixels
    packed = deflate.zlib_compress(filtered, level)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", bytes(packed)), (b"IEND", b""))
    return SIGNATURE + b"".join(chunk_of(name, data) for name, data in chunks)


def _choose(pixels: Rows) -> tuple[int, bool]:
    """Return the level for a picture, and whether to filter it: few colours and text are packed better without.

    Some blocks of rows are filtered and packed for it.
    """
    height, width = pixels.shape
    rows = max(4, height // (16 * _BLOCKS))
    starts = [max(0, (2 * number + 1) * height // (2 * _BLOCKS) - rows // 2) for number in range(_BLOCKS)]
    numbers = np.unique(np.concatenate([np.arange(start, min(start + rows, height)) for start in starts]))
    sample = np.empty((len(numbers), 1 + width), np.uint8)
    _filter(pixels, numbers, sample)
    with_filters, without = (len(deflate.zlib_compress(each, _FASTEST)) for each in (sample, pixels[numbers]))
    has_filters = without >= 0.97 * with_filters
    ratio = sample.size / min(with_filters, without)
    if ratio >= _DRAWING:
        return _DRAWING_LEVEL, has_filters
    if without < 0.75 * with_filters:
        return _FASTEST, has_filters  # Pillow always filters: the picture is smaller than Pillow's with any level
    is_smooth = ratio >= _SMOOTH or len(deflate.zlib_compress(sample, _SMOOTH_LEVEL)) < 0.97 * with_filters
    return _SMOOTH_LEVEL if is_smooth else _FASTEST, has_filters


def _filter(pixels: Rows, numbers: npt.NDArray[np.int64], target: Rows) -> None:
    """Filter the rows of these numbers by the one filter whose sampled residuals have the smallest sum of magnitudes.

    Rows that repeat the one above become zeros, by the filter for them.
    """
    rows, above = pixels[numbers], pixels[numbers - 1]
    if numbers[0] == 0:
        above[0] = 0
    repeats = (rows == above).all(axis=1)
    changes = np.flatnonzero(~repeats) if repeats.any() else slice(None)
    rows, above = rows[changes], above[changes]
    sums = [_magnitude(function(rows[::_SAMPLED], above[::_SAMPLED])) for function in _FILTERS]
    chosen = int(np.argmin(sums))
    target[repeats], target[repeats, 0] = 0, _FILTERS.index(_up)
    target[changes, 0], target[changes, 1:] = chosen, _FILTERS[chosen](rows, above)


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
