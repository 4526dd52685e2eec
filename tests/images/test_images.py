"""Inspection, header and decoding of images in every format, of damaged images and of other files."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from indexer.base.errors import BadData
from indexer.images import ImageLimits, decode, header, inspect, open_shown
from indexer.images.pixels import pixel_hash
from tests.support.faults import black

# Written out here: the formats that users rely on.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "JPEG2000")


def photo(width: int = 320, height: int = 240, seed: int = 1) -> Image.Image:
    """Return a smooth random image: like a photograph, it has most of its energy in low frequencies."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def saved(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, form, **options)
    return target.getvalue()


def bits_apart(one: bytes, other: bytes) -> int:
    return (inspect(one).phash ^ inspect(other).phash).bit_count()


@pytest.mark.parametrize("form", FORMATS)
def test_inspection_has_the_facts_of_each_format(form: str) -> None:
    data = saved(photo(), form)
    found = inspect(data)
    assert (found.status, found.reason) == ("ok", None)
    assert (found.width, found.height, found.format, found.byte_size) == (320, 240, form, len(data))
    assert header(data).mode == found.mode == decode(data).mode


@pytest.mark.parametrize("quality", [1, 25, 50, 75, 90, 100])
def test_jpeg_quality_is_the_one_it_was_saved_with(quality: int) -> None:
    found = inspect(saved(photo(), "JPEG", quality=quality))
    assert found.jpeg_quality == quality
    assert found.qtables_hash == header(saved(photo(seed=2), "JPEG", quality=quality)).qtables_hash


def test_only_jpegs_have_a_quality() -> None:
    found = inspect(saved(photo()))
    assert (found.jpeg_quality, found.qtables_hash) == (None, None)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_exif_is_found(form: str) -> None:
    exif = Image.Exif()
    exif[0x9003] = "2020:01:01 00:00:00"
    assert inspect(saved(photo(), form, exif=exif)).has_exif is True
    assert inspect(saved(photo(), form)).has_exif is False


def test_mpo_files_that_differ_in_colour_have_different_pixel_hashes() -> None:
    one, other = photo(), photo()
    other.putpixel((3, 3), (255, 0, 0))
    files = [saved(image, "MPO", save_all=True, append_images=[photo(seed=2)], quality=95) for image in (one, other)]
    found = [inspect(data) for data in files]
    assert [inspection.format for inspection in found] == ["MPO", "MPO"]
    assert found[0].pixel_hash != found[1].pixel_hash
    assert found[0].pixel_hash == pixel_hash(open_shown(files[0]))


def test_exif_is_found_in_a_tiff() -> None:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[0x8769] = {0x9003: "2020:01:01 00:00:00"}
    assert inspect(saved(photo(), "TIFF", tiffinfo=tags)).has_exif is True
    assert inspect(saved(photo(), "TIFF")).has_exif is False


def test_perceptual_hash_changes_little_with_format_quality_and_size() -> None:
    original = saved(photo())
    assert bits_apart(original, saved(photo(), "JPEG", quality=40)) <= 4
    assert bits_apart(original, saved(photo(), "WEBP", quality=60)) <= 4
    assert bits_apart(original, saved(photo().resize((640, 480)))) <= 4
    assert bits_apart(original, saved(photo(seed=2))) > 16


def test_finer_hash_of_a_blurred_image_changes_little_with_quality() -> None:
    coarse = np.random.default_rng(1).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    blurred = Image.fromarray(coarse).resize((256, 256), Image.Resampling.BICUBIC)
    one, other = (inspect(data).phash_256 or "" for data in (saved(blurred), saved(blurred, "JPEG", quality=40)))
    assert (int(one, 16) ^ int(other, 16)).bit_count() <= 8


def test_perceptual_hash_of_a_known_image_has_a_known_value() -> None:
    pattern = np.multiply.outer(np.arange(64) % 9, np.arange(64) % 7 * 5).astype(np.uint8)
    found = inspect(saved(Image.fromarray(pattern), "BMP"))
    assert found.phash == 12610552853380988672
    assert found.phash_256 == "03aa00020baa0002abab018aafab0000afab0000ffaf0002ffbfffbf00400000"


@pytest.mark.parametrize("kind", ["plain", "gradient", "stripes", "diagonal"])
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_pictures_without_coarse_structure_have_no_perceptual_hash(kind: str, form: str) -> None:
    across = {"plain": np.zeros(256), "stripes": np.arange(256) // 9 % 2 * 200}.get(kind, np.arange(256) / 2)
    grey = np.add.outer(np.arange(256) / 2 if kind == "diagonal" else np.zeros(256), across).astype(np.uint8)
    found = inspect(saved(Image.fromarray(grey), form))
    assert (found.status, found.phash, found.phash_256) == ("ok", None, None)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "I", "F"])
def test_every_mode_has_a_perceptual_hash(mode: str) -> None:
    grey = photo().convert("L")
    image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 256) if mode == "I;16" else photo().convert(mode)
    found = inspect(saved(image, "TIFF"))
    assert (found.status, found.mode) == ("ok", mode)
    assert bits_apart(saved(image, "TIFF"), saved(grey)) <= (64 if mode == "1" else 12)


def test_perceptual_hash_of_a_transparent_image_is_that_on_white() -> None:
    clear = photo().convert("RGBA")
    clear.putalpha(Image.new("L", clear.size, 0))
    clear.paste(photo().crop((0, 0, 100, 100)), (40, 60))
    white = Image.new("RGB", clear.size, "white")
    white.paste(photo().crop((0, 0, 100, 100)), (40, 60))
    assert inspect(saved(clear)).phash == inspect(saved(white)).phash is not None


@pytest.mark.parametrize("form", FORMATS)
def test_truncated_file_is_reported_and_keeps_the_facts_of_its_header(form: str) -> None:
    data = saved(photo(), form)
    found = inspect(data[: len(data) * 2 // 3])
    assert found.status in {"truncated", "undecodable", "not_an_image"}
    assert found.byte_size == len(data) * 2 // 3
    assert found.phash is None
    with pytest.raises(BadData):
        decode(data[: len(data) * 2 // 3])


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "empty"), (b"PK\x03\x04 a zip", "not_an_image")],
)
def test_file_that_is_not_an_image_has_a_reason(data: bytes, reason: str) -> None:
    assert inspect(data).status == reason
    for read in (header, decode):
        with pytest.raises(BadData) as caught:
            read(data)
        assert caught.value.reason == reason


@pytest.mark.parametrize("form", ["DDS", "DIB", "ICO", "TGA", "PCX", "SGI", "EPS"])
def test_image_of_an_undecoded_format_is_named(form: str) -> None:
    found = inspect(saved(photo(), form))
    assert (found.status, found.width) == ("unsupported_format", None)
    assert form in found.reason


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- drawn by hand --><!DOCTYPE svg PUBLIC '-//W3C'>\n<svg width='9'/>",
    ],
)
def test_drawing_with_the_name_of_an_image_is_named(data: bytes) -> None:
    assert inspect(data).reason == "SVG images are not read"
    assert inspect(data.replace(b"<svg", b"<html")).status == "not_an_image"


def test_image_over_the_pixel_limit_is_not_decoded() -> None:
    bomb = saved(Image.new("1", (12_000, 12_000)))
    found = inspect(bomb)
    assert (found.status, found.width) == ("too_many_pixels", None)
    assert inspect(saved(photo()), ImageLimits(pixels=320 * 240)).status == "ok"
    assert inspect(saved(photo()), ImageLimits(pixels=320 * 240 - 1)).status == "too_many_pixels"


def test_raised_pixel_limit_replaces_the_limit_of_pillow():
    assert header(black(15_000), ImageLimits(pixels=15_000**2)).width == 15_000
    with pytest.raises(BadData, match="too_many_pixels"):
        header(black(15_000))


def test_invalid_exif_does_not_affect_the_status() -> None:
    data = saved(photo(), "JPEG")
    broken = b"Exif\0\0MM\0*\0\0\0\x08\0\x7f garbage"
    marker = b"\xff\xe1" + (len(broken) + 2).to_bytes(2, "big") + broken
    assert inspect(data[:2] + marker + data[2:]).status == "ok"


@pytest.mark.parametrize("seed", range(6))
def test_damaged_bytes_raise_no_exception(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    data = np.frombuffer(saved(photo(), FORMATS[seed]), dtype=np.uint8).copy()
    for _ in range(40):
        hurt = data.copy()
        hurt[random.integers(0, len(hurt), 8)] = random.integers(0, 256, 8, dtype=np.uint8)
        assert inspect(hurt.tobytes()).status
