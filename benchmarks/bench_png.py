"""Encode pictures of several kinds as PNG: time and size against Pillow's, with the target of each ratio.

    python -m benchmarks.bench_png

Parts of two photographs need scikit-learn. CPU time; the best of several rounds that alternate.
"""

import io
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image, ImageDraw

from indexer.images.png_encoding import encode_png

_SIDES = (256, 1024)
_FASTER, _LARGER, _FEW_BYTES = 4.0, 1.1, 100
Picture = Image.Image


def _coarse(chance: np.random.Generator, cells: int, side: int) -> Picture:
    colours = chance.integers(0, 256, (cells, cells, 3), dtype=np.uint8)
    return Image.fromarray(colours).resize((side, side), Image.Resampling.BICUBIC)


def _octaves(chance: np.random.Generator, side: int) -> Picture:
    parts = [np.asarray(_coarse(chance, 4 << power, side)).astype(float) / 2**power for power in range(7)]
    return Image.fromarray((sum(parts) / 2).clip(0, 255).astype(np.uint8))


def _shapes(chance: np.random.Generator, side: int) -> Picture:
    image = Image.new("RGB", (side, side), "white")
    for left, top, size in chance.integers(0, side, (25, 3)).tolist():
        colour = tuple(chance.integers(0, 256, 3).tolist())
        ImageDraw.Draw(image).ellipse((left, top, left + size // 3 + 1, top + size // 4 + 1), fill=colour)
    return image


def _text(chance: np.random.Generator, side: int) -> Picture:
    image = Image.new("RGB", (side, side), (245, 245, 245))
    for top in range(2, side, 13):
        letters = bytes(chance.integers(97, 123, side // 7, dtype=np.uint8)).decode()
        ImageDraw.Draw(image).text((8, top), letters, fill=(30, 30, 30))
    return image


def pictures(side: int) -> Iterator[tuple[str, Picture]]:
    """Yield pictures of one size, by kind."""
    chance = np.random.default_rng(side)
    photographs = {}
    try:
        from sklearn.datasets import load_sample_images  # noqa: PLC0415 - an extra of many megabytes

        arrays = load_sample_images().images
        photographs = {f"photograph {at}": Image.fromarray(array[:420, :420]) for at, array in enumerate(arrays)}
    except ImportError:
        pass
    for name, whole in (photographs or {"octaves of noise": _octaves(chance, 420)}).items():
        image = whole.resize((side, side), Image.Resampling.LANCZOS)
        yield name, image
        yield f"{name}, grey", image.convert("L").convert("RGB")
        yield f"{name}, 64 colours", image.quantize(64).convert("RGB")
    screen = _text(chance, side)
    screen.paste(_octaves(chance, side // 2), (side // 3, side // 3))
    yield "octaves of noise", _octaves(chance, side)
    yield "smooth", _coarse(chance, 6, side)
    yield "screenshot", screen
    yield "text", _text(chance, side)
    yield "shapes", _shapes(chance, side)
    yield "pixel art", _coarse(chance, side // 8, side // 8).resize((side, side), Image.Resampling.NEAREST)
    yield "noise", Image.fromarray(chance.integers(0, 256, (side, side, 3), dtype=np.uint8))
    yield "one colour", Image.new("RGB", (side, side), "teal")


def _by_pillow(image: Picture) -> bytes:
    target = io.BytesIO()
    image.save(target, "PNG", compress_level=6)
    return target.getvalue()


def _seconds(encoder: Callable[[Picture], bytes], image: Picture) -> float:
    start = time.process_time()
    encoder(image)
    return time.process_time() - start


def main() -> int:
    """Print one line per picture. Exit status 1 if one is too large or has other pixels."""
    bad = 0
    for side in _SIDES:
        for name, image in pictures(side):
            times = [[_seconds(encoder, image) for encoder in (_by_pillow, encode_png)] for _ in range(2_000 // side)]
            theirs, ours = (min(column) for column in zip(*times, strict=True))
            encoded = encode_png(image)
            of_pillow = len(_by_pillow(image))
            is_small = len(encoded) <= _LARGER * of_pillow + _FEW_BYTES
            bad += not is_small or Image.open(io.BytesIO(encoded)).tobytes() != image.tobytes()
            speed = f"{theirs / ours:4.1f} times as fast ({'met' if theirs / ours >= _FASTER else 'missed'})"
            size = f"{len(encoded) / of_pillow:.2f} times as large ({'met' if is_small else 'missed'})"
            print(f"{side:5} {name:26} Pillow {theirs * 1e3:6.1f} ms, this {ours * 1e3:5.1f} ms: {speed}, {size}")
    print(f"targets: at least {_FASTER} times as fast, at most {_LARGER} times as large, and {_FEW_BYTES} bytes")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
