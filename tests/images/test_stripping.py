"""Metadata are removed from files of all formats; what readers show stays the same."""

import io
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageSequence, PngImagePlugin

from indexer.base.errors import BadData
from indexer.images import ImageLimits, inspect
from indexer.images.stripping import strip
from materializer.models import Pixels, Settings
from materializer.shards.transform import prepare
from tests.images.test_images import photo, saved
from tests.images.test_shown import shown_by_datasets
from tests.images.test_traits import SOURCE_TYPE, XMP, exif, jpeg_with, png_chunk, png_with

LIMITS = ImageLimits()
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SECRETS = (b"Firmware", b"Canon", b"digitalsourcetype", b"secret", b"sRGB built-in", b"Photoshop")


def turned(orientation: int) -> Image.Exif:
    found = exif()
    found[0x0112] = orientation
    return found


def texts() -> PngImagePlugin.PngInfo:
    found = PngImagePlugin.PngInfo()
    found.add_text("parameters", "secret")
    found.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return found


def animation(form: str) -> bytes:
    frames = [photo(64, 48, seed) for seed in range(3)]
    return saved(frames[0], form, save_all=True, append_images=frames[1:], duration=90, exif=exif())


def between_scans() -> bytes:
    """A progressive JPEG with a comment and an end marker in it between two scans, and a text after its end."""
    data = saved(photo(), "JPEG", progressive=True)
    second = data.index(b"\xff\xc4", data.index(b"\xff\xda"))
    return data[:second] + b"\xff\xfe\0\x0csecret\xff\xd9ab" + data[second:] + b"secret"


def raw_rgb_jpeg() -> bytes:
    return saved(photo(), "JPEG", keep_rgb=True, exif=exif())


# Each is made when a test needs it.
IMAGES: dict[str, Callable[[], bytes]] = {
    "JPEG": lambda: saved(
        photo(), "JPEG", exif=exif(), icc_profile=PROFILE, comment=b"secret", dpi=(300, 300), xmp=XMP
    ),
    "JPEG turned": lambda: saved(photo(), "JPEG", exif=turned(6)),
    "JPEG without JFIF": lambda: saved(photo(), "JPEG", exif=exif()).replace(
        b"\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0", b""
    ),
    "JPEG with C2PA": lambda: jpeg_with(0xEB, b"JP\0\1\0\0\0\1....jumb....jumdc2pa" + SOURCE_TYPE),
    "JPEG between scans": between_scans,
    "JPEG of RGB": raw_rgb_jpeg,
    "JPEG of CMYK": lambda: saved(photo().convert("CMYK"), "JPEG", exif=exif(), comment=b"secret"),
    "JPEG of grey": lambda: saved(photo().convert("L"), "JPEG", exif=exif(), comment=b"secret"),
    "MPO": lambda: saved(photo(), "MPO", save_all=True, append_images=[photo(seed=2)], exif=exif()),
    "PNG": lambda: saved(photo(), pnginfo=texts(), exif=exif(), icc_profile=PROFILE, dpi=(72, 72)) + b"secret",
    "PNG turned": lambda: saved(photo(), exif=turned(8)),
    "PNG turned by XMP": lambda: png_with(
        png_chunk(b"iTXt", b'XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation="6" secret/>')
    ),
    "PNG of a palette": lambda: saved(photo().quantize(9), pnginfo=texts(), transparency=3),
    "PNG of 16 bits": lambda: saved(Image.new("I;16", (9, 9), 300), pnginfo=texts()),
    "PNG with C2PA": lambda: png_with(png_chunk(b"caBX", b"....jumb....jumdc2pa" + SOURCE_TYPE)),
    "PNG, animated": lambda: animation("PNG"),
    "WebP": lambda: saved(photo(), "WEBP", exif=exif(), icc_profile=PROFILE, xmp=XMP),
    "WebP turned": lambda: saved(photo(), "WEBP", exif=turned(3), xmp=XMP),
    "WebP of alpha": lambda: saved(Image.new("RGBA", (32, 24), (9, 8, 7, 100)), "WEBP", exif=exif()),
    "WebP, lossless": lambda: saved(Image.new("RGBA", (32, 24), (9, 8, 7, 100)), "WEBP", lossless=True, exif=exif()),
    "WebP, animated": lambda: animation("WEBP"),
    "GIF": lambda: saved(photo().quantize(8), "GIF", comment=b"secret") + b"secret",
    "GIF, animated": lambda: animation("GIF"),
    "TIFF": lambda: saved(photo(), "TIFF", exif=turned(6), icc_profile=PROFILE, tiffinfo={700: XMP}),
    "TIFF, packed": lambda: saved(photo(), "TIFF", exif=exif(), compression="tiff_deflate", tiffinfo={270: "secret"}),
    "BMP": lambda: saved(photo(), "BMP"),
    "AVIF": lambda: saved(photo(), "AVIF", exif=turned(6), icc_profile=PROFILE, xmp=XMP),
    "JPEG2000": lambda: saved(photo(), "JPEG2000", comment="secret"),
}


@lru_cache
def image(name: str) -> bytes:
    return IMAGES[name]()


@pytest.mark.parametrize("name", IMAGES)
def test_readers_show_the_same_without_any_metadata(name: str) -> None:
    data = image(name)
    copy = strip(data, LIMITS)
    one, other = shown_by_datasets(data), shown_by_datasets(copy)
    assert (one.mode, one.size) == (other.mode, other.size)
    assert np.array_equal(np.asarray(one.convert("RGBA")), np.asarray(other.convert("RGBA")))
    found = inspect(copy)
    assert found.status == "ok"
    assert not any((found.has_xmp, found.has_c2pa, found.has_comment, found.software, found.camera_make))
    assert not any((found.text_keys, found.source_type, found.icc_profile))
    if name != "JPEG2000":  # its comment is part of the codestream
        assert not [secret for secret in SECRETS if secret in copy]
    assert strip(copy, LIMITS) == copy


@pytest.mark.parametrize("name", [name for name in IMAGES if "MPO" not in name and "between" not in name])
def test_hash_of_the_pixels_is_equal(name: str) -> None:
    assert inspect(strip(image(name), LIMITS)).pixel_hash == inspect(image(name)).pixel_hash


@pytest.mark.parametrize("name", ["PNG, animated", "WebP, animated", "GIF, animated"])
def test_first_frame_of_an_animation_is_kept(name: str) -> None:
    with Image.open(io.BytesIO(strip(image(name), LIMITS))) as opened:
        assert next(iter(ImageSequence.Iterator(opened))).size == (64, 48)


def test_files_of_one_encoder_become_equal() -> None:
    plain = saved(photo(), "JPEG")
    assert strip(saved(photo(), "JPEG", exif=exif(), comment=b"x", dpi=(9, 9)), LIMITS) == strip(plain, LIMITS) == plain
    assert strip(saved(photo(), "WEBP", exif=exif()), LIMITS) == saved(photo(), "WEBP")


def test_build_records_the_removal_per_image() -> None:
    settings = Settings(pixels=Pixels.VERBATIM, strip_metadata=True)
    marked = prepare(image("PNG"), None, None, settings, LIMITS)
    assert (marked.transform, marked.data) == ("metadata_stripped", strip(image("PNG"), LIMITS))
    assert prepare(saved(photo()), None, None, settings, LIMITS).transform == "verbatim"


def test_damaged_images_are_refused_or_show_the_same() -> None:
    for name in ("JPEG", "JPEG between scans", "PNG", "WebP", "TIFF", "GIF", "AVIF"):
        data = image(name)
        for at in range(4, len(data), max(1, len(data) // 25)):
            damaged = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]
            try:
                copy = strip(damaged, LIMITS)
            except BadData:
                continue
            assert inspect(copy).width is not None
