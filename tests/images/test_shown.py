"""Images as their readers show them: damaged metadata, orientation, half pictures, colours, ranges, formats."""

import struct
import zlib

import datasets
import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from indexer.base.errors import BadData
from indexer.base.image_formats import format_of
from indexer.images import Depth, ImageLimits, header, inspect, open_shown, reader_problem
from indexer.reporting.rendering import browser_image, thumbnail
from materializer.models import Check, Pixels, Settings
from materializer.shards.transform import ImageFacts, prepare
from materializer.shards.variants import varied
from tests.images.test_images import photo, saved

PHOTO = photo(320, 200)
BAD_EXIF = b"Exif\0\0not a tiff header, but something else"
LIMITS = ImageLimits()


def prepared(data: bytes, **settings: object):
    return prepare(data, None, None, Settings(**settings), LIMITS)


def shown_by_datasets(data: bytes) -> Image.Image:
    return datasets.Image().decode_example({"bytes": data, "path": None})


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_with(image: Image.Image, extra: bytes, *, before_pixels: bool = True) -> bytes:
    data = saved(image, "PNG")
    at = data.index(b"IDAT") - 4 if before_pixels else data.index(b"IEND") - 4
    return data[:at] + extra + data[at:]


def turned(orientation: int, **others: object) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def bad_checksum(name: bytes, body: bytes) -> bytes:
    return chunk(name, body)[:-1] + b"\0"


def jpeg_with(*segments: tuple[int, bytes]) -> bytes:
    data = saved(PHOTO, "JPEG")
    extra = b"".join(bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body for marker, body in segments)
    return data[:2] + extra + data[2:]


DAMAGED = {
    "PNG with an invalid eXIf": lambda mode: png_with(PHOTO.convert(mode), chunk(b"eXIf", BAD_EXIF)),
    "PNG with an invalid eXIf after its pixels": lambda mode: png_with(
        PHOTO.convert(mode), chunk(b"eXIf", BAD_EXIF), before_pixels=False
    ),
    "PNG with a wrong checksum of a text": lambda mode: png_with(
        PHOTO.convert(mode), bad_checksum(b"tEXt", b"Comment\0some")
    ),
    "PNG with an invalid raw profile": lambda mode: png_with(
        PHOTO.convert(mode), chunk(b"tEXt", b"Raw profile type exif\0\nexif\n4\nzz")
    ),
    "PNG with a text that unpacks to 100 MB": lambda mode: png_with(
        PHOTO.convert(mode), chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(100_000_000)))
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


@pytest.mark.parametrize(
    "entry",
    [
        struct.pack("<HHII", 271, 2, 200, 0xFFFFFF),  # Make, beyond the end: Pillow reads no tags after it
        struct.pack("<HHII", 274, 5, 2, 0xFFFFFF),
    ],
    ids=["make", "orientation"],
)
@pytest.mark.filterwarnings("ignore")
def test_tiff_with_a_damaged_tag_is_used(entry: bytes) -> None:
    whole = saved(PHOTO, "TIFF", tiffinfo={271: "maker", 274: 1})
    at = whole.index(entry[:2], int.from_bytes(whole[4:8], "little"))
    data = whole[:at] + entry + whole[at + 12 :]
    with pytest.raises(OSError, match=r"identify"):
        shown_by_datasets(data)
    made = prepared(data)
    assert made.transform == "metadata_removed"
    assert shown_by_datasets(made.data).tobytes() == PHOTO.tobytes()
    assert (inspect(data).status, inspect(data).metadata_removed) == ("ok", True)


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


def halves() -> dict[str, bytes]:
    whole = saved(photo(640, 480), "JPEG", quality=90)
    other = saved(photo(640, 480, seed=4), "JPEG", quality=60)
    progressive = saved(photo(640, 480), "JPEG", quality=90, progressive=True)
    restarts = saved(photo(640, 480), "JPEG", quality=90, restart_marker_blocks=8)
    middle = len(whole) // 2
    return {
        "cut": whole[:middle] + b"\xff\xd9",
        "cut in its last tenth": whole[: len(whole) * 9 // 10] + b"\xff\xd9",
        "hole": whole[:middle] + whole[middle + 500 :],
        "zeros": whole[:middle] + bytes(600) + whole[middle + 600 :],
        "foreign tail": whole[:middle] + other[len(other) // 2 :],
        "progressive cut": progressive[: len(progressive) // 2] + b"\xff\xd9",
        "restart markers cut": restarts[: len(restarts) // 2] + b"\xff\xd9",
        "restart markers with a hole": restarts[: len(restarts) // 2] + restarts[len(restarts) * 3 // 5 :],
        "cut, with a damaged profile": jpeg_with((0xE2, b"ICC_PROFILE\0\7\1abc"))[:-2000] + b"\xff\xd9",
    }


@pytest.mark.parametrize("damage", halves())
def test_half_a_jpeg_is_damaged(damage: str) -> None:
    data = halves()[damage]
    assert (inspect(data).status, inspect(data).format) == ("damaged", "JPEG")
    for pixels in Pixels:
        with pytest.raises(BadData, match="damaged"):
            prepared(data, pixels=pixels)
    assert prepared(data, check=Check.LENIENT).data == data


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_half_a_jpeg_of_another_mode_is_damaged(mode: str) -> None:
    data = saved(PHOTO.convert(mode), "JPEG")
    assert inspect(data[: len(data) * 2 // 3] + b"\xff\xd9").status == "damaged"


def test_padding_and_bytes_after_the_end_are_no_damage() -> None:
    data = saved(PHOTO, "JPEG")
    assert inspect(data[:-2] + b"\0\0\0\0" + data[-2:]).status == "ok"
    assert inspect(data + b"trailing bytes").status == "ok"


@pytest.mark.parametrize("quality", [30, 75, 95])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"restart_marker_rows": 1}])
def test_strict_decoding_gives_the_pixels_of_pillow(quality: int, options: dict[str, object]) -> None:
    data = saved(PHOTO, "JPEG", quality=quality, **options)
    found = [open_shown(data, LIMITS, Depth((64, 64), is_strict=strict)).image for strict in (True, False)]
    assert found[0].mode == found[1].mode == "L"
    assert found[0].tobytes() == found[1].tobytes()


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


def tiff(values: np.ndarray, **tags: int) -> bytes:
    """Return a TIFF of one strip, without compression; ``tags`` as ``t262=0``."""
    height, width, bands = (*values.shape, 1)[:3]
    fields = {256: width, 257: height, 258: values.itemsize * 8, 259: 1, 273: 8, 278: height}
    fields |= {262: {1: 1, 3: 2, 4: 5}[bands], 277: bands, 284: 1}
    fields |= {279: values.nbytes, 339: {"u": 1, "i": 2, "f": 3}[values.dtype.kind]}
    fields |= {int(tag[1:]): value for tag, value in tags.items()}
    at = 8 + values.nbytes
    after = at + 6 + 12 * len(fields)
    entries = [
        struct.pack("<HHII", tag, 4 if tag in (273, 279) else 3, bands, after + 8 * (tag == 339))
        if bands > 1 and tag in (258, 339)
        else struct.pack("<HHII", tag, 4 if tag in (273, 279) else 3, 1, fields[tag])
        for tag in sorted(fields)
    ]
    directory = struct.pack("<H", len(fields)) + b"".join(entries) + bytes(4)
    arrays = struct.pack("<8H", *[fields[258]] * 4, *[fields[339]] * 4)
    return struct.pack("<2sHI", b"II", 42, at) + values.tobytes() + directory + arrays


RAMP = np.tile(np.linspace(0, 1, 256), (16, 1))


@pytest.mark.parametrize(
    ("data", "is_inverted"),
    [
        (tiff((RAMP * 65535).astype("<u2")), False),
        (tiff((RAMP * 65535).astype("<u2"), t262=0), True),
        (tiff((RAMP * 4095).astype("<u2"), t281=4095), False),
        (tiff((RAMP * (2**32 - 1)).astype("<u4")), False),
        (tiff((RAMP * 32767).astype("<i2")), False),
        (tiff((RAMP * 65535).astype("<i4")), False),
        (tiff(RAMP.astype("<f4")), False),
        (tiff((RAMP * 255).astype("<f4")), False),
        (tiff(RAMP.astype("<f4"), t262=0), True),
    ],
)
def test_grey_tiff_is_converted_in_its_range(data: bytes, is_inverted: bool) -> None:
    expected = np.rint(RAMP * 255)
    stored = np.asarray(shown_by_datasets(prepared(data).data))[:, :, 0].astype(int)
    assert np.abs(stored - (255 - expected if is_inverted else expected)).max() <= 1


@pytest.mark.parametrize(
    "values",
    [
        (RAMP * 4095).astype("<u2"),
        (RAMP * 1000).astype("<u4"),
        (RAMP * 1e6).astype("<i4"),
        (RAMP * 20_000 - 10_000).astype("<i2"),
        (RAMP * 12).astype("<f4"),
        (RAMP - 0.5).astype("<f4"),
        np.full((4, 4), np.nan, "<f4"),
    ],
)
def test_grey_tiff_of_unclear_range_is_refused(values: np.ndarray) -> None:
    with pytest.raises(BadData, match="unknown_range"):
        prepared(tiff(values))


COLOURS = np.stack([RAMP, RAMP[:, ::-1], RAMP], -1)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (tiff((COLOURS * 4095).astype("<u2")), "unknown_range"),
        (tiff((np.concatenate([COLOURS, COLOURS[:, :, :1]], -1) * 4095).astype("<u2")), "unknown_range"),
        (tiff((COLOURS * 65535).astype("<u2"), t284=2), "undecodable"),
        (tiff((RAMP * 127).astype("i1")), "unknown_range"),
        (tiff((RAMP * 255).astype("u1"), t254=1), "unsupported_format: the first page of the TIFF is a preview"),
        (tiff(COLOURS.astype("<f4")), "unsupported_format: Pillow reads no TIFF of 3 x 32 bits, floating point"),
        (tiff((RAMP * 255).astype("u1"), t259=34712), "unsupported_format: .* unsigned, compression 34712"),
    ],
)
def test_tiff_that_readers_show_wrong_is_refused(data: bytes, reason: str) -> None:
    """Pillow keeps the upper byte of 16-bit colours, so that 12 bits in 16 are black."""
    with pytest.raises(BadData, match=reason):
        prepared(data)
    with pytest.raises(BadData, match=reason):
        prepared(data, pixels=Pixels.VERBATIM)


def test_colour_tiff_of_16_bits_is_kept() -> None:
    for picture in (COLOURS, COLOURS * 0):
        data = tiff((picture * 65535).astype("<u2"))
        assert prepared(data).data == data
        assert np.abs(np.asarray(shown_by_datasets(data)) - picture * 255).max() <= 1


def test_messages_of_libtiff_are_in_the_reason(capfd: pytest.CaptureFixture[str]) -> None:
    good = saved(PHOTO, "TIFF", compression="tiff_lzw")
    damaged = good[:200] + b"\xff" * 60 + good[260:]
    with pytest.raises(BadData, match=r"decoder error -2 \(\w.*\)") as raised:
        prepared(damaged)
    with pytest.raises(BadData) as later:
        prepared(b"GIF89a")
    assert raised.value.detail.split("(")[-1] not in str(later.value)
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


def test_heif_and_avif_are_told_apart_by_their_compatible_brands() -> None:
    def box(main: bytes, *compatible: bytes) -> bytes:
        return struct.pack(">I4s4sI", 16 + 4 * len(compatible), b"ftyp", main, 0) + b"".join(compatible)

    assert format_of(box(b"mif1", b"miaf", b"avif")).name == "AVIF"
    assert format_of(box(b"mif1", b"miaf", b"heic")).name == "HEIF"
    assert format_of(box(b"heic", b"mif1")).name == "HEIF"
    assert format_of(box(b"qt  ", b"mp42")) is None


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
