"""Small pictures: equal names give equal bytes."""

import io
from functools import cache
from pathlib import PurePosixPath
from zlib import crc32

import numpy as np
from PIL import Image, ImageChops

_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
_MIXED = ("PNG", "JPEG", "BMP", "GIF", "TIFF")
_OPTIONS = {"PNG": {"compress_level": 1}, "JPEG": {"quality": 90}, "WEBP": {"quality": 80, "method": 2}}
_REAL_SOURCES = ("coco", "imagenet", "laion400m_elsad3_real_train", "raise")


def image_of(source: str, path: str, name: str | None) -> bytes:
    """Return the image of a member. Three of eight PNGs are not RGB, nor is any of ADM; a few JPEGs are grey."""
    number = crc32(f"{path}!{name}".encode())
    form = _format(source, name or path, number)
    size = (288, 216) if source in _REAL_SOURCES else (200, 200) if source == "artifact" else (256, 256)
    picture = _in_mode(_picture(number, size), _mode(form, "imagenet_ai_0508_adm" in path, number))
    data = io.BytesIO()
    picture.save(data, form, **_OPTIONS.get(form, {}))
    return data.getvalue()


def _format(source: str, name: str, number: int) -> str:
    if source == "elsa_d3":
        return _MIXED[number % len(_MIXED)]
    return _FORMATS.get(PurePosixPath(name).suffix.lower(), "PNG")


def _mode(form: str, adm: bool, number: int) -> str:
    if form == "PNG":
        return "RGBA" if adm else ("P", "L", "RGBA", *["RGB"] * 5)[number // 8 % 8]
    return "L" if form == "JPEG" and number // 8 % 20 == 0 else "RGB"


def _picture(number: int, size: tuple[int, int]) -> Image.Image:
    """Return soft shapes with the noise of a camera."""
    chance = np.random.default_rng(number)
    shapes = Image.fromarray(chance.integers(0, 256, (10, 10, 3), np.uint8)).resize(size, Image.Resampling.BICUBIC)
    return ImageChops.add(shapes, _noise(number % 16, size), offset=-128)


@cache
def _noise(seed: int, size: tuple[int, int]) -> Image.Image:
    values = np.random.default_rng(seed).normal(128, 1.5, (*size[::-1], 3))
    return Image.fromarray(values.round().astype(np.uint8))


def _in_mode(picture: Image.Image, mode: str) -> Image.Image:
    if mode == "RGBA":
        picture.putalpha(Image.linear_gradient("L").resize(picture.size))
        return picture
    return picture.convert(mode)
