"""What replaces Pillow: headers of plain JPEGs, proofs that a PNG decodes, and the PNG encoder."""

import hashlib
import io
import random

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from benchmarks.bench_png import pictures
from indexer.base.errors import BadData
from indexer.images import Depth, ImageLimits, header, open_shown
from indexer.images.metadata.png import chunk_of
from indexer.images.plain_jpeg import plain_jpeg
from indexer.images.png_encoding import encode_png
from indexer.images.rendition import Rendition, render
from indexer.images.sound_png import proven_header
from indexer.images.strict_jpeg import is_sound
from tests.images.test_images import saved

LIMITS = ImageLimits()
DAMAGED = 1_500


def picture(width: int = 40, height: int = 30, seed: int = 0) -> Image.Image:
    small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def with_text(keyword: str) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text(keyword, "a red bus")
    return saved(picture(), "PNG", pnginfo=info)


def damaged(data: bytes, number: int) -> bytes:
    """Return a copy with one flipped byte, cut off, or with bytes left out."""
    chance = random.Random(number)
    at = chance.randrange(len(data))
    changed = bytes([data[at] ^ 1 << chance.randrange(8)])
    return (data[:at] + changed + data[at + 1 :], data[:at], data[:at] + data[at + chance.randrange(1, 9) :])[
        number % 3
    ]


@pytest.mark.parametrize(
    ("data", "is_proven"),
    [
        (saved(picture(), "PNG"), True),
        (saved(picture(), "PNG", icc_profile=b"x" * 200), True),
        (encode_png(picture()), True),
        (with_text("parameters"), True),
        (with_text("XML:com.adobe.xmp"), False),
        (saved(picture(), "PNG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"), False),
        (saved(picture().convert("RGBA"), "PNG"), True),
        (saved(picture().convert("LA"), "PNG"), True),
        (saved(picture(41).convert("1"), "PNG"), True),
        (saved(picture(41).convert("P"), "PNG", bits=4), True),
        (saved(Image.fromarray(np.full((5, 7), 300, np.uint16)), "PNG"), True),
        (saved(picture(), "JPEG"), False),
        (b"", False),
    ],
)
def test_plain_pngs_are_proven_without_decoding(data: bytes, is_proven: bool) -> None:
    found = proven_header(data, LIMITS)
    assert (found is not None) == is_proven
    assert found is None or found == header(data, LIMITS)


def test_pngs_that_are_converted_are_not_proven() -> None:
    for mode in ("RGBA", "LA", "L", "P"):
        assert proven_header(saved(picture().convert(mode), "PNG"), LIMITS, only_rgb=True) is None


@pytest.mark.parametrize("palette", [b"", chunk_of(b"PLTE", b""), chunk_of(b"PLTE", bytes(3 * 257))])
def test_png_without_a_valid_palette_is_not_proven(palette: bytes) -> None:
    data = saved(picture().convert("P"), "PNG")
    at = data.index(b"PLTE") - 4
    end = at + 12 + int.from_bytes(data[at : at + 4], "big")
    assert proven_header(data[:at] + palette + data[end:], LIMITS) is None


def test_proof_holds_pixels_to_the_limit() -> None:
    assert proven_header(saved(picture(), "PNG"), ImageLimits(pixels=100)) is None


def test_no_damaged_png_is_proven_that_a_decoder_refuses() -> None:
    data = saved(picture(), "PNG")
    proven = 0
    for number in range(DAMAGED):
        copy = damaged(data, number)
        if (found := proven_header(copy, LIMITS)) is not None:
            proven += 1
            assert open_shown(copy, LIMITS).header == found
    assert proven < DAMAGED / 10


@pytest.mark.parametrize(
    ("data", "is_plain"),
    [
        (saved(picture(), "JPEG"), True),
        (saved(picture(), "JPEG", progressive=True), True),
        (saved(picture().convert("L"), "JPEG", comment=b"hello"), True),
        (saved(picture().convert("CMYK"), "JPEG"), True),
        (saved(picture(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"), False),
        (saved(picture(), "PNG"), False),
        (b"\xff\xd8\xff", False),
    ],
)
def test_plain_jpegs_have_the_header_that_pillow_reads(data: bytes, is_plain: bool) -> None:
    found = plain_jpeg(data)
    assert (found is not None) == is_plain
    if found is not None:
        expected = header(data, LIMITS)
        assert found == (expected.width, expected.height, expected.mode)


def test_no_damaged_jpeg_is_plain_that_pillow_does_not_open_alike() -> None:
    data = saved(picture(), "JPEG", progressive=True)
    for number in range(DAMAGED):
        copy = damaged(data, number)
        if (found := plain_jpeg(copy)) is not None:
            expected = header(copy, LIMITS)
            assert found == (expected.width, expected.height, expected.mode)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
def test_no_damaged_jpeg_is_sound_that_a_full_decode_refuses(options: dict[str, int]) -> None:
    data = saved(picture(), "JPEG", **options)
    assert is_sound(data)
    sound = 0
    for number in range(DAMAGED):
        copy = damaged(data, number)
        if plain_jpeg(copy) and is_sound(copy):
            sound += 1
            open_shown(copy, LIMITS, Depth(is_strict=True))
    assert sound < DAMAGED / 2


@pytest.mark.parametrize("size", [(1, 1), (3, 1), (1, 70), (257, 200)])
def test_encoded_pngs_have_the_pixels(size: tuple[int, int]) -> None:
    image = picture(*size)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(encode_png(image)))), np.asarray(image))


def test_encoded_pngs_are_about_as_small_as_those_of_pillow() -> None:
    for name, image in pictures(256):
        encoded = encode_png(image)
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(encoded))), np.asarray(image)), name
        assert len(encoded) <= 1.1 * len(saved(image, "PNG")) + 100, name


def test_encoded_bytes_are_the_same_on_every_machine() -> None:
    columns, rows = np.meshgrid(np.arange(300), np.arange(200))
    mixed = np.stack([columns * rows % 251, columns ^ rows, columns * 3 + rows * 5], axis=2).astype(np.uint8)
    smooth = np.stack([columns * rows // 256, columns // 2 + rows, columns * columns // 512], axis=2).astype(np.uint8)
    drawing = np.repeat(mixed[:20] // 64 * 64, 10, axis=0)
    digests = [hashlib.sha256(encode_png(Image.fromarray(pixels))).hexdigest() for pixels in (mixed, smooth, drawing)]
    assert digests == [
        "1b0b1706a0e172770c2a6e8fbc2431d6b07a556bd6bd3bd42878e5a1df71f8d1",
        "8dc54d5512bf5db7307e50df70e539a36c4ac03a0fd0a012d5467f5810e2400f",
        "b1346fdb722c60533abc16427c704bff04e93a90c0ef3575076b27d30982b79b",
    ]


def test_renditions_are_encoded_as_converted_images_are() -> None:
    stored, image = render(picture(), Rendition(long_side=20))
    assert stored == encode_png(image)


def test_too_short_jpegs_stay_bad() -> None:
    with pytest.raises(BadData):
        header(b"\xff\xd8\xff", LIMITS)
