import pytest
from PIL import Image

from indexer.images.inspecting import inspect
from tests.images.test_images import saved

GRADIENT = Image.linear_gradient("L").resize((64, 48))
PICTURE = Image.merge("RGB", [GRADIENT, GRADIENT.rotate(180), GRADIENT.transpose(Image.Transpose.FLIP_LEFT_RIGHT)])


def pixels(data):
    return inspect(data).pixel_hash


def exif():
    found = Image.Exif()
    found[0x010F] = "a camera"
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (saved(PICTURE, "JPEG"), saved(PICTURE, "JPEG", exif=exif(), comment=b"hello", dpi=(72, 72))),
        (saved(PICTURE, "JPEG"), saved(PICTURE, "JPEG") + b"trailing"),
        (saved(PICTURE, "PNG"), saved(PICTURE, "PNG", compress_level=1)),
        (saved(PICTURE, "PNG"), saved(PICTURE, "BMP")),
        (saved(PICTURE, "PNG"), saved(PICTURE, "TIFF")),
    ],
)
def test_equal_pixels_in_different_files_have_equal_hashes(one, other):
    assert one != other
    assert pixels(one) == pixels(other) is not None


@pytest.mark.parametrize(
    "other",
    [
        saved(PICTURE, "JPEG", quality=74),
        saved(PICTURE.rotate(180), "JPEG"),
        saved(PICTURE.convert("L"), "JPEG"),
        saved(PICTURE, "PNG"),
    ],
)
def test_different_pixels_have_different_hashes(other):
    assert pixels(saved(PICTURE, "JPEG")) != pixels(other)


def test_order_of_a_palette_does_not_change_the_hash():
    one = PICTURE.quantize(8)
    order = [7, 6, 5, 4, 3, 2, 1, 0]
    other = one.remap_palette(order)
    assert one.tobytes() != other.tobytes()
    assert pixels(saved(one, "PNG")) == pixels(saved(other, "PNG"))


def test_jpeg_truncated_in_its_header_has_no_pixel_hash():
    assert pixels(saved(PICTURE, "JPEG")[:40]) is None
