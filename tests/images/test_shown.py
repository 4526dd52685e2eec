"""Images as their readers show them: damaged metadata and orientation."""

import struct
import zlib

import datasets
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from indexer.images import ImageLimits, header, inspect, reader_problem
from indexer.reporting.rendering import browser_image, thumbnail
from materializer.models import Pixels, Settings
from materializer.shards.transform import ImageFacts, prepare
from tests.images.test_images import photo, saved
from tests.images.test_traits import png_chunk

PHOTO = photo(320, 200)
BAD_EXIF = b"Exif\0\0not a tiff header, but something else"
LIMITS = ImageLimits()


def prepared(data: bytes, **settings: object):
    return prepare(data, None, None, Settings(**settings), LIMITS)


def shown_by_datasets(data: bytes) -> Image.Image:
    return datasets.Image().decode_example({"bytes": data, "path": None})


def png_with(image: Image.Image, extra: bytes, *, before_pixels: bool = True) -> bytes:
    data = saved(image, "PNG")
    at = data.index(b"IDAT") - 4 if before_pixels else data.index(b"IEND") - 4
    return data[:at] + extra + data[at:]


def turned(orientation: int, **others: object) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def bad_checksum(name: bytes, body: bytes) -> bytes:
    return png_chunk(name, body)[:-1] + b"\0"


def jpeg_with(*segments: tuple[int, bytes]) -> bytes:
    data = saved(PHOTO, "JPEG")
    extra = b"".join(bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body for marker, body in segments)
    return data[:2] + extra + data[2:]


DAMAGED = {
    "PNG with an invalid eXIf": lambda mode: png_with(PHOTO.convert(mode), png_chunk(b"eXIf", BAD_EXIF)),
    "PNG with an invalid eXIf after its pixels": lambda mode: png_with(
        PHOTO.convert(mode), png_chunk(b"eXIf", BAD_EXIF), before_pixels=False
    ),
    "PNG with a wrong checksum of a text": lambda mode: png_with(
        PHOTO.convert(mode), bad_checksum(b"tEXt", b"Comment\0some")
    ),
    "PNG with an invalid raw profile": lambda mode: png_with(
        PHOTO.convert(mode), png_chunk(b"tEXt", b"Raw profile type exif\0\nexif\n4\nzz")
    ),
    "PNG with a text that unpacks to 100 MB": lambda mode: png_with(
        PHOTO.convert(mode), png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(100_000_000)))
    ),
}


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA"])
@pytest.mark.parametrize("damage", DAMAGED)
def test_png_with_damaged_metadata_is_used(damage: str, mode: str) -> None:
    data = DAMAGED[damage](mode)
    made = prepared(data)
    assert "metadata_removed" in made.transform
    assert shown_by_datasets(made.data).size == (320, 200)
    found = inspect(data)
    assert (found.status, found.metadata_removed) == ("ok", True)
    assert found.pixel_hash == inspect(saved(PHOTO.convert(mode))).pixel_hash


@pytest.mark.parametrize(
    ("form", "image"), [("JPEG", PHOTO), ("JPEG", PHOTO.convert("L")), ("JPEG", PHOTO.convert("CMYK")), ("WEBP", PHOTO)]
)
@pytest.mark.parametrize("pixels", list(Pixels))
def test_jpeg_and_webp_with_damaged_exif_are_used(form: str, image: Image.Image, pixels: Pixels) -> None:
    sound = saved(image, form)
    exif = BAD_EXIF if form == "JPEG" else BAD_EXIF[6:]
    data = saved(image, form, exif=exif, **({"dpi": (72, 72)} if form == "JPEG" else {}))
    with pytest.raises(SyntaxError):
        shown_by_datasets(data)
    made = prepared(data, pixels=pixels)
    assert "metadata_removed" in made.transform
    stored = shown_by_datasets(made.data)
    if made.transform == "metadata_removed":
        assert stored.tobytes() == shown_by_datasets(sound).tobytes()
    assert made.data == prepare(data, known_facts(data), None, Settings(pixels=pixels), LIMITS).data


def known_facts(data: bytes) -> ImageFacts:
    found = inspect(data)
    return ImageFacts(found.hash, found.width, found.height, found.format, found.mode, found.metadata_removed)


def test_metadata_are_kept_that_readers_can_open() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = saved(PHOTO, "JPEG", exif=BAD_EXIF, dpi=(72, 72), icc_profile=profile, comment=b"kept")
    stored = shown_by_datasets(prepared(data).data)
    assert (stored.info["icc_profile"], stored.info["comment"]) == (profile, b"kept")
    assert prepared(saved(PHOTO, "JPEG", exif=turned(6))).transform == "verbatim"


def test_orientation_is_kept_if_only_other_exif_is_damaged() -> None:
    # The camera's name has the tag of a table of numbers: Pillow reads it, and cannot write it again.
    exif = bytes.fromhex(
        "4578696600004d4d002a00000008000401440002000000090000003e011200030000000100060000011a0005000000010000004887690004"
        "000000010000005000000000612063616d65726100000000004800ad00010002269a000c000000010000006e900300020000001400000076"
        "000000003fe0000000000000323032303a30313a30312030303a30303a303000"
    )
    made = prepared(saved(PHOTO, "JPEG", exif=exif))
    assert (made.width, made.height) == shown_by_datasets(made.data).size == (200, 320)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", [2, 3, 6, 8])
def test_size_and_hashes_are_those_of_the_upright_image(form: str, orientation: int) -> None:
    data = saved(PHOTO, form, exif=turned(orientation))
    found, upright = inspect(data), shown_by_datasets(data)
    again = inspect(saved(upright, "PNG"))
    assert (found.width, found.height) == upright.size == (header(data).width, header(data).height)
    assert (found.phash ^ again.phash).bit_count() <= 2
    assert found.pixel_hash != inspect(saved(PHOTO, form)).pixel_hash
    made = prepared(data)
    assert (made.data, made.width, made.height) == (data, *upright.size)
    assert abs(thumbnail(data).width / thumbnail(data).height - upright.width / upright.height) < 0.02
    assert (browser_image(data).width, browser_image(data).height) == upright.size


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    "entry",
    [
        struct.pack(">HHII", 0x0112, 5, 1, 26) + bytes(4) + struct.pack(">II", 12, 2),
        struct.pack(">HHIf", 0x0112, 11, 1, 6.0) + bytes(4),
    ],
    ids=["rational", "float"],
)
def test_orientation_is_a_number_of_any_type(form: str, entry: bytes) -> None:
    """Pillow turns an image whose orientation is 12/2 or 6.0."""
    data = saved(PHOTO, form, exif=b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + entry)
    found, made = inspect(data), prepared(data)
    sizes = [(one.width, one.height) for one in (found, header(data), made)]
    assert sizes == [shown_by_datasets(made.data).size] * 3 == [(200, 320)] * 3
    assert shown_by_datasets(prepared(data, strip_metadata=True).data).size == (200, 320)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_orientation_of_xmp_is_applied(form: str) -> None:
    text = '<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt("XML:com.adobe.xmp", text)
    options = {"PNG": {"pnginfo": texts}, "TIFF": {"tiffinfo": {700: text.encode()}}}.get(form, {"xmp": text.encode()})
    data = saved(PHOTO, form, **options)
    found, made = inspect(data), prepared(data)
    sizes = [(one.width, one.height) for one in (found, header(data), made, browser_image(data))]
    assert sizes == [shown_by_datasets(made.data).size] * 4 == [(200, 320)] * 4


def test_reader_problem_names_the_problem() -> None:
    assert reader_problem(saved(PHOTO, "PNG")) is None
    assert reader_problem(saved(PHOTO, "JPEG", exif=BAD_EXIF, dpi=(72, 72))) == "its metadata are damaged"
    assert "truncated" in reader_problem(saved(PHOTO, "JPEG")[:-500])


def test_jpeg_is_not_proven_by_a_copy_without_its_metadata() -> None:
    """Readers refuse a second start marker; the copy without metadata has only one."""
    data = b"\xff\xd8" + saved(PHOTO, "JPEG")
    with pytest.raises(OSError, match="broken data stream"):
        shown_by_datasets(data)
    assert inspect(data).metadata_removed
    assert shown_by_datasets(prepared(data).data).size == PHOTO.size
