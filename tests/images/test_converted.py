"""Images that are converted: colours, metadata, limits of formats, formats that readers do not open."""

import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from indexer.base.errors import BadData
from indexer.base.image_formats import format_of
from indexer.images import ImageLimits, inspect, open_shown, reader_problem
from materializer.models import Pixels
from materializer.shards.variants import varied
from tests.images.test_images import photo, saved
from tests.images.test_shown import LIMITS, PHOTO, prepared, shown_by_datasets, turned


def test_image_in_lab_colours_is_inspected_and_converted() -> None:
    space = ImageCms.createProfile("LAB")
    lab = ImageCms.profileToProfile(PHOTO, ImageCms.createProfile("sRGB"), space, outputMode="LAB")
    data = saved(lab, "TIFF")
    found, plain = inspect(data), inspect(saved(PHOTO))
    assert (found.status, found.mode) == ("ok", "LAB")
    assert (found.phash ^ plain.phash).bit_count() <= 4
    apart = np.asarray(shown_by_datasets(prepared(data).data)).astype(int) - np.asarray(PHOTO)
    assert np.abs(apart).mean() < 4


def test_png_without_its_palette_is_refused_however_it_is_read() -> None:
    data = saved(PHOTO.convert("P"))
    at = data.index(b"PLTE") - 4
    broken = data[:at] + data[at + 12 + int.from_bytes(data[at : at + 4], "big") :]
    assert "palette is missing" in inspect(broken).reason
    for pixels in Pixels:
        with pytest.raises(BadData, match="palette is missing"):
            prepared(broken, pixels=pixels)


def profile_of(space: str) -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(space)).tobytes()


@pytest.mark.parametrize(
    ("image", "form", "options"),
    [
        (PHOTO.convert("CMYK"), "JPEG", {"icc_profile": b"no profile", "comment": b"secret-text"}),
        (PHOTO.convert("RGBA"), "PNG", {"icc_profile": profile_of("sRGB") + b"secret-text", "exif": turned(3)}),
        (PHOTO.convert("L"), "TIFF", {"icc_profile": bytes(1_800_000) + b"secret-text"}),
        (PHOTO.convert("P"), "GIF", {"comment": b"secret-text"}),
        (Image.new("RGBA", (9, 9)), "WEBP", {"icc_profile": profile_of("sRGB"), "xmp": b"secret-text"}),
    ],
)
@pytest.mark.parametrize("pixels", [Pixels.RGB, Pixels.JPEG])
def test_converted_image_has_no_metadata(image: Image.Image, form: str, options: dict, pixels: Pixels) -> None:
    made = prepared(saved(image, form, **options), pixels=pixels)
    stored = shown_by_datasets(made.data)
    assert b"secret-text" not in made.data
    assert not {"icc_profile", "exif", "comment", "xmp", "dpi", "Comment"} & stored.info.keys()


def test_colours_are_converted_by_their_profile() -> None:
    # A display profile whose red and green are exchanged.
    profile = bytearray(profile_of("sRGB").replace(b"sRGB", b"test"))
    count = struct.unpack(">I", profile[128:132])[0]
    for at in range(132, 132 + 12 * count, 12):
        name = bytes(profile[at : at + 4])
        profile[at : at + 4] = {b"rXYZ": b"gXYZ", b"gXYZ": b"rXYZ"}.get(name, name)
    text = "test".encode("utf-16-be")
    profile = bytes(profile).replace("sRGB".encode("utf-16-be"), text)
    red = Image.new("RGBA", (8, 8), (255, 0, 0, 255))
    converted = shown_by_datasets(prepared(saved(red, "PNG", icc_profile=profile)).data)
    assert converted.getpixel((1, 1))[:2] == (0, 255)


@pytest.mark.parametrize("form", ["AVIF", "JPEG2000", "WEBP"])
def test_folder_has_only_images_that_its_readers_list(form: str) -> None:
    """torchvision lists no .avif and .jp2, `datasets` on the hub no .avif."""
    data = saved(PHOTO, form)
    made = prepared(data, format="imagefolder")
    assert made.suffix == ("webp" if form == "WEBP" else "png")
    assert shown_by_datasets(made.data).tobytes() == shown_by_datasets(data).tobytes()
    assert prepared(data).data == prepared(data, format="imagefolder", pixels=Pixels.VERBATIM).data == data


def test_image_too_large_for_a_jpeg_is_refused_with_the_limit(capfd: pytest.CaptureFixture[str]) -> None:
    data = saved(Image.new("RGB", (65_501, 1)))
    assert prepared(data).data == data
    with pytest.raises(BadData, match="too_large: 65501 x 1: a side of a JPEG has at most 65,500 pixels"):
        prepared(data, pixels=Pixels.JPEG)
    with pytest.raises(BadData, match=r"too_large: .* WEBP"):
        varied(prepared(data), "webp80", LIMITS)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(("form", "plugin"), [("HEIF", "pillow_heif.HeifImagePlugin"), ("JXL", "pillow_jxl")])
def test_images_that_need_a_plugin_are_converted(form: str, plugin: str) -> None:
    pytest.importorskip(plugin)
    data = saved(PHOTO, form)
    assert (inspect(data).status, inspect(data).format) == ("ok", form)
    made = prepared(data)
    assert (made.suffix, reader_problem(made.data)) == ("png", None)
    assert "plugin" in reader_problem(data)
    with pytest.raises(BadData, match="unsupported_format"):
        prepared(data, pixels=Pixels.VERBATIM)
    with pytest.raises(BadData, match="too_many_pixels"):
        open_shown(data, ImageLimits(pixels=320 * 200 - 1))


def test_a_heif_is_inspected_by_its_picture_instead_of_its_thumbnail() -> None:
    pytest.importorskip("pillow_heif.HeifImagePlugin")
    plain, with_thumbnail = (inspect(saved(photo(640, 480), "HEIF", thumbnails=sizes)) for sizes in ([], [320]))
    assert (plain.pixel_hash, plain.phash) == (with_thumbnail.pixel_hash, with_thumbnail.phash)


def test_heif_and_avif_are_told_apart_by_their_compatible_brands() -> None:
    def box(main: bytes, *compatible: bytes) -> bytes:
        return struct.pack(">I4s4sI", 16 + 4 * len(compatible), b"ftyp", main, 0) + b"".join(compatible)

    assert format_of(box(b"mif1", b"miaf", b"avif")).name == "AVIF"
    assert format_of(box(b"mif1", b"miaf", b"heic")).name == "HEIF"
    assert format_of(box(b"heic", b"mif1")).name == "HEIF"
    assert format_of(box(b"qt  ", b"mp42")) is None
