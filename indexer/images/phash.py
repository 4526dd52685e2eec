"""Compute perceptual hashes of 64 and 256 bits. Similar images differ in few bits, for any size, format and quality.

Source: Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010), section 3.2. The image is
reduced to 32 x 32; each bit compares one of its 64 lowest DCT coefficients with their median. The finer hash compares
256 coefficients with a constant instead: those of a blurred image are mostly noise, and so would be their median. All
arithmetic uses integers, so that every machine computes the same bits.
"""

from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from indexer.images.colour import on_white

SIDE = 32
_FREQUENCIES, _FINER = 8, 16
_SCALE = 1 << 14
# The sum of the squares of the 64 coefficients of a wave of one grey level. Rounding gives a fiftieth, WebP a seventh.
_LEAST_ENERGY = (SIDE**2 // 4) ** 2
# The coefficient of a wave of a quarter of a grey level. JPEG of quality 30 changes coefficients by a fourth of it.
_NOISE = SIDE**2 // 16 * _SCALE**2


def looks(image: Image.Image) -> dict[str, int | str | None]:
    """Return the columns ``phash`` and ``phash_256`` of a decoded image of any mode and size.

    ``phash_256`` (hexadecimal) compares the 256 lowest coefficients: it distinguishes images that differ in details.
    Both are None for an image without coarse structure in both directions: plain ones, gradients, stripes. Its hash
    would be that of all others, or of noise.
    """
    grey = np.asarray(_grey(image).resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.int64)
    coefficients = _cosines() @ grey @ _cosines().T
    coarse = coefficients[:_FREQUENCIES, :_FREQUENCIES]
    if int(((coarse // _SCALE**2) ** 2).sum()) < _LEAST_ENERGY:
        return {"phash": None, "phash_256": None}
    median = np.sort(coarse.ravel())[coarse.size // 2 - 1]
    return {"phash": int.from_bytes(_packed(coarse > median), "big"), "phash_256": _packed(coefficients > _NOISE).hex()}


def _packed(bits: npt.NDArray[np.bool_]) -> bytes:
    return np.packbits(bits.ravel()).tobytes()


@cache
def _cosines() -> npt.NDArray[np.int64]:
    """Return the DCT basis vectors 1 to 16, shape (16, 32). Vector 0 is the mean brightness and is left out."""
    frequency, position = np.arange(1, _FINER + 1)[:, None], np.arange(SIDE)
    basis: npt.NDArray[np.float64] = np.cos(np.pi * frequency * (2 * position + 1) / (2 * SIDE))
    return np.rint(_SCALE * basis).astype(np.int64)


def _grey(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        return _stretched(image)
    if image.has_transparency_data:
        return on_white(image.convert("RGBA")).convert("L")
    # Pillow converts LAB to RGB only.
    return (image.convert("RGB") if image.mode == "LAB" else image).convert("L")


def _stretched(image: Image.Image) -> Image.Image:
    """Scale 16-bit and 32-bit grey so that the darkest pixel is 0 and the brightest 255; Pillow would clip at 255."""
    values = np.nan_to_num(np.asarray(image).astype(np.float64))
    low, high = values.min(), values.max()
    span = (high - low) or 1.0
    return Image.fromarray(np.rint((values - low) * 255 / span).astype(np.uint8))
