"""Traits of files, written by Pillow and by hand, of all formats."""

import struct
import zlib

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from indexer.images import inspect
from tests.images.test_images import photo, saved

SOURCE_TYPE = b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a Iptc4xmpExt:DigitalSourceType="' + SOURCE_TYPE + b'"/></x:xmpmeta>'


def exif(software: str = "Firmware 1.0", make: str = "Canon") -> Image.Exif:
    found = Image.Exif()
    found[0x0131], found[0x010F] = software, make
    return found


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_with(*chunks: bytes) -> bytes:
    data = saved(photo())
    return data[:33] + b"".join(chunks) + data[33:]


def jpeg_with(marker: int, payload: bytes) -> bytes:
    data = saved(photo(), "JPEG")
    return data[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload + data[2:]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_software_and_make_of_exif_are_read(form: str) -> None:
    found = inspect(saved(photo(), form, exif=exif()))
    assert (found.status, found.software, found.camera_make) == ("ok", "Firmware 1.0", "Canon")


def test_keys_of_png_texts_are_sorted() -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("workflow", "{}")
    texts.add_text("prompt", "a cat" * 100, zip=True)
    texts.add_itxt("parameters", "Steps: 20")
    texts.add_text("Software", "NovelAI")
    found = inspect(saved(photo(), pnginfo=texts))
    assert (found.text_keys, found.software) == ("Software, parameters, prompt, workflow", "NovelAI")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(jpeg_with(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP), id="JPEG"),
        pytest.param(saved(photo(), "WEBP", xmp=XMP), id="WebP"),
        pytest.param(png_with(png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)), id="PNG"),
        pytest.param(
            png_with(png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(XMP))), id="PNG, compressed"
        ),
        pytest.param(saved(photo(), "AVIF", xmp=XMP), id="AVIF"),
        pytest.param(saved(photo(), "TIFF", tiffinfo={700: XMP}), id="TIFF"),
    ],
)
def test_source_type_of_xmp_is_read(data: bytes) -> None:
    found = inspect(data)
    assert (found.status, found.source_type, found.has_xmp) == ("ok", "trainedAlgorithmicMedia", True)
    assert found.text_keys is None


@pytest.mark.parametrize(
    "data",
    [
        jpeg_with(0xEB, b"JP\0\1\0\0\0\1....jumb....jumdc2pa" + SOURCE_TYPE),
        png_with(png_chunk(b"caBX", b"....jumb....jumdc2pa" + SOURCE_TYPE)),
    ],
    ids=["JPEG", "PNG"],
)
def test_c2pa_manifest_is_found(data: bytes) -> None:
    found = inspect(data)
    assert (found.has_c2pa, found.source_type, found.has_xmp) == (True, "trainedAlgorithmicMedia", False)


def test_profile_is_named() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert inspect(saved(photo(), "JPEG", icc_profile=profile)).icc_profile == "sRGB built-in"
    assert inspect(saved(photo(), "JPEG", icc_profile=b"damaged")).icc_profile == "unnamed"
    assert inspect(saved(photo(), "JPEG")).icc_profile is None


@pytest.mark.parametrize(("setting", "name"), [(0, "4:4:4"), (1, "4:2:2"), (2, "4:2:0")])
def test_subsampling_is_that_of_the_encoder(setting: int, name: str) -> None:
    assert inspect(saved(photo(), "JPEG", subsampling=setting)).subsampling == name


def test_scans_comments_depth_and_alpha_are_read() -> None:
    grey = inspect(saved(photo().convert("L"), "JPEG", progressive=True, comment=b"made by"))
    assert (grey.is_progressive, grey.has_comment, grey.subsampling, grey.bit_depth) == (True, True, "4:0:0", 8)
    plain = inspect(saved(photo(), "JPEG"))
    assert (plain.is_progressive, plain.has_comment, plain.has_alpha) == (False, False, False)
    deep = inspect(saved(Image.new("I;16", (9, 9), 300)))
    assert (deep.bit_depth, deep.is_interlaced, deep.is_progressive) == (16, False, None)
    assert inspect(saved(photo().convert("RGBA"), "WEBP", lossless=True)).has_alpha is not None
    assert inspect(saved(Image.new("RGBA", (9, 9), (1, 2, 3, 4)))).has_alpha
    assert inspect(saved(Image.new("L", (32, 32)), "GIF", interlace=1, comment=b"x")).is_interlaced


def test_encoder_tells_settings_apart_and_not_pictures() -> None:
    def encoder(seed: int, **options: object) -> str | None:
        return inspect(saved(photo(seed=seed), "JPEG", **options)).encoder

    assert encoder(1, quality=90) == encoder(2, quality=90)
    others = [encoder(1, quality=91), encoder(1, quality=90, progressive=True), encoder(1, quality=90, subsampling=0)]
    assert len({encoder(1, quality=90), *others}) == 4


@pytest.mark.parametrize("form", ["BMP", "GIF", "JPEG2000", "TIFF", "AVIF"])
def test_every_format_has_an_encoder(form: str) -> None:
    assert str(inspect(saved(photo(), form)).encoder).startswith(form)


def test_texts_are_printable_and_short() -> None:
    found = inspect(saved(photo(), "JPEG", exif=exif("evil\x1b[2J\n" + "x" * 10_000)))
    assert found.software is not None
    assert found.software.isprintable()
    assert len(found.software) == 200


def test_damaged_blocks_raise_nothing() -> None:
    for data in (saved(photo(), "JPEG", exif=exif()), png_with(png_chunk(b"tEXt", b"")), saved(photo(), "WEBP")):
        for at in range(2, 120):
            inspect(data[:at] + b"\xff\xff" + data[at + 2 :])
