"""A 64-bit perceptual hash: alike pictures differ in few bits, whatever their size, format or quality.

After Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010), section 3.2: the signs of a
32 x 32 picture's 64 lowest cosine waves against their median. Integers throughout, so every machine gets the same bits.
"""

from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image

SIDE = 32
_WAVES = 8
_SCALE = 1 << 14


def phash(image: Image.Image) -> int:
    """The perceptual hash of a decoded picture of any mode and size; 0 for a plain one."""
    grey = np.asarray(_grey(image).resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.int64)
    waves = (_cosines() @ grey @ _cosines().T).ravel()
    median = np.sort(waves)[waves.size // 2 - 1]
    return int.from_bytes(np.packbits(waves > median).tobytes(), "big")


@cache
def _cosines() -> npt.NDArray[np.int64]:
    """The cosine waves 1 to 8 over 32 places; wave 0, the mean brightness, says nothing about the picture."""
    wave, place = np.arange(1, _WAVES + 1)[:, None], np.arange(SIDE)
    waves: npt.NDArray[np.float64] = np.cos(np.pi * wave * (2 * place + 1) / (2 * SIDE))
    return np.rint(_SCALE * waves).astype(np.int64)


def _grey(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        return _stretched(image)
    if image.has_transparency_data:
        on_white = Image.new("RGBA", image.size, "white")
        on_white.alpha_composite(image.convert("RGBA"))
        return on_white.convert("L")
    return image.convert("L")


def _stretched(image: Image.Image) -> Image.Image:
    """16 and 32 bit grey, darkest to black and brightest to white: Pillow's own conversion clips at 255."""
    values = np.nan_to_num(np.asarray(image).astype(np.float64))
    low, high = values.min(), values.max()
    span = (high - low) or 1.0
    return Image.fromarray(np.rint((values - low) * 255 / span).astype(np.uint8))
