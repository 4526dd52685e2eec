"""Recall and false pairs of near matching: transformed copies of photographs, and distinct pictures that look alike.

Photographs are parts of those that scikit-learn contains; those without a hash count as not found.
Distances are computed from the stored hashes, apart from sql/select/duplicates/near.sql.
"""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from indexer.images import inspect
from indexer.selection.near_looks import turned_hashes

FINER = 8  # bits of 256 per bit of 64, as in near.sql
Look = tuple[int | None, int]
Change = Callable[[Image.Image], bytes]


def saved(image: Image.Image, form: str = "PNG", **options: int) -> bytes:
    """Return the bytes of an image in a format."""
    target = io.BytesIO()
    image.convert("RGB").save(target, form, **options)
    return target.getvalue()


def look(data: bytes) -> Look:
    """Return the hashes of 64 and 256 bits; the first is None where none is stored."""
    found = inspect(data)
    return found.phash, int(found.phash_256 or "0", 16)


def near(one: Look, other: Look, radius: int) -> bool:
    """Return whether two hashes are near: in 64 bits, and in 256."""
    if one[0] is None or other[0] is None or (one[0] ^ other[0]).bit_count() > radius:
        return False
    return (one[1] ^ other[1]).bit_count() <= FINER * radius


def _cropped(part: float) -> Change:
    def crop(image: Image.Image) -> bytes:
        x, y = round(image.width * part / 2), round(image.height * part / 2)
        return saved(image.crop((x, y, image.width - x, image.height - y)))

    return crop


CHANGES: Mapping[str, Change] = {
    "JPEG 90": lambda image: saved(image, "JPEG", quality=90),
    "JPEG 50": lambda image: saved(image, "JPEG", quality=50),
    "half size": lambda image: saved(image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)),
    "double size": lambda image: saved(image.resize((image.width * 2, image.height * 2), Image.Resampling.BICUBIC)),
    "WebP 75": lambda image: saved(image, "WEBP", quality=75),
    "brighter by 10%": lambda image: saved(ImageEnhance.Brightness(image).enhance(1.1)),
    "more contrast, 20%": lambda image: saved(ImageEnhance.Contrast(image).enhance(1.2)),
    "grey": lambda image: saved(ImageOps.grayscale(image)),
    "cropped by 1%": _cropped(0.01),
    "cropped by 2%": _cropped(0.02),
    "cropped by 5%": _cropped(0.05),
    "mirrored": lambda image: saved(ImageOps.mirror(image)),
    "turned": lambda image: saved(image.transpose(Image.Transpose.ROTATE_90)),
}


def photographs(count: int) -> Iterator[Image.Image]:
    """Yield ``count`` parts of photographs, which overlap by less than half."""
    from sklearn.datasets import load_sample_images  # noqa: PLC0415 - an extra of many megabytes

    chance = np.random.default_rng(1)
    wholes = [Image.fromarray(array) for array in load_sample_images().images]
    corners = [(n, x, y) for n in range(len(wholes)) for x in range(0, 440, 90) for y in range(0, 230, 70)]
    for at in chance.permutation(len(corners))[:count]:
        n, x, y = corners[at]
        yield wholes[n].crop((x, y, x + 200, y + 200))


def _stripes(chance: np.random.Generator) -> Image.Image:
    knots = chance.integers(0, 256, chance.integers(2, 40)).astype(np.uint8)
    line = Image.fromarray(knots[None, :]).resize((256, 256), Image.Resampling(int(chance.integers(0, 2)) * 2))
    return line.transpose(Image.Transpose.ROTATE_90) if chance.integers(2) else line


def _product(chance: np.random.Generator) -> Image.Image:
    image = Image.new("RGB", (256, 256), "white")
    draw = ImageDraw.Draw(image)
    w, h = chance.integers(90, 150, 2)
    box = [128 - w // 2, 128 - h // 2, 128 + w // 2, 128 + h // 2]
    shape = (draw.rectangle, draw.ellipse)[chance.integers(2)]
    shape(box, fill=tuple(chance.integers(0, 200, 3).tolist()))
    for _ in range(chance.integers(1, 5)):
        x, y = chance.integers(95, 150, 2)
        draw.rectangle([x, y, x + 20, y + 12], fill=tuple(chance.integers(0, 256, 3).tolist()))
    return image


def _text(chance: np.random.Generator) -> Image.Image:
    image = Image.new("L", (320, 240), 255)
    draw = ImageDraw.Draw(image)
    for line in range(4):
        words = " ".join("".join(map(chr, chance.integers(97, 123, chance.integers(2, 9)))) for _ in range(7))
        draw.text((20, 40 + 40 * line), words[:36], fill=0, font_size=16)
    return image


def _face(chance: np.random.Generator) -> Image.Image:
    image = Image.new("RGB", (256, 256), tuple(chance.integers(60, 200, 3).tolist()))
    draw = ImageDraw.Draw(image)
    x, y = chance.integers(-6, 7, 2)
    draw.ellipse([68 + x, 40 + y, 188 + x, 220 + y], fill=tuple(chance.integers(120, 240, 3).tolist()))
    for eye in (102, 154):
        draw.ellipse([eye - 12 + x, 100 + y, eye + 12 + x, 116 + y], fill=tuple(chance.integers(0, 90, 3).tolist()))
    draw.ellipse([104 + x, 165 + y, 152 + x, 165 + y + int(chance.integers(8, 30))], fill=(150, 40, 50))
    draw.rectangle(
        [60 + x, 30 + y, 196 + x, int(chance.integers(50, 85)) + y], fill=tuple(chance.integers(0, 120, 3).tolist())
    )
    return image


ALIKE: Mapping[str, Callable[[np.random.Generator], Image.Image]] = {
    "gradients and stripes": _stripes,
    "products on white": _product,
    "lines of text": _text,
    "faces": _face,
}


def recalls(radii: Sequence[int], change: str, *, on_request: bool = False) -> list[float]:
    """Return the fraction of 40 photographs to which a changed copy is near, per radius.

    ``on_request``: also by the hashes of mirrored and turned images that a recipe then compares.
    """
    looks = [(look(saved(image)), look(CHANGES[change](image))) for image in photographs(40)]
    pairs = [([one, *(_turned(*one) if on_request else ())], other) for one, other in looks]
    return [
        sum(any(near(one, other, radius) for one in ones) for ones, other in pairs) / len(pairs) for radius in radii
    ]


def _turned(phash: int | None, finer: int) -> list[Look]:
    texts = () if phash is None else turned_hashes(f"{phash:016x}{finer:064x}")
    return [(int(text[:16], 16), int(text[16:], 16)) for text in texts]


def false_pairs(radii: Sequence[int], kind: str) -> list[float]:
    """Return the near pairs per million of 300 distinct pictures, per radius."""
    chance = np.random.default_rng(2)
    looks = [look(saved(ALIKE[kind](chance))) for _ in range(300)]
    pairs = list(combinations(looks, 2))
    return [1e6 * sum(near(one, other, radius) for one, other in pairs) / len(pairs) for radius in radii]
