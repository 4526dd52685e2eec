"""The size that a JPEG's header tells, against what Pillow finds."""

import io
import random

import pytest
from PIL import Image

from indexer.images import jpeg
from tests.support.manifests import encoded


@pytest.mark.parametrize(("mode", "kind"), [("L", "JPEG"), ("CMYK", "JPEG"), ("RGB", "PNG")])
def test_what_is_no_plain_colour_jpeg_is_left_to_a_decoder(mode, kind):
    assert jpeg.size(encoded(1, mode, kind)) is None


def test_several_pictures_in_one_file_are_left_to_a_decoder():
    target = io.BytesIO()
    Image.new("RGB", (16, 16)).save(target, "MPO", save_all=True, append_images=[Image.new("RGB", (16, 16), "red")])
    assert jpeg.size(target.getvalue()) is None


def test_an_answer_is_what_pillow_says_or_refuses():
    chance = random.Random(1)
    whole = encoded(1, size=(40, 24))
    for _ in range(1_000):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        told = jpeg.size(bytes(damaged))
        assert told is None or told == _size_by_pillow(bytes(damaged), told)
    assert jpeg.size(whole) == (40, 24)
    assert jpeg.size(whole[:100]) is None


def _size_by_pillow(data, otherwise):
    try:
        image = Image.open(io.BytesIO(data))
    except (OSError, SyntaxError, ValueError):
        return otherwise
    assert (image.mode, image.format) == ("RGB", "JPEG")
    return image.size
