"""JPEGs of which a part is missing are damaged, although Pillow shows them."""

import base64
import io
import struct

import pytest
from PIL import Image

from indexer.base.errors import BadData
from indexer.images import Depth, inspect, open_shown
from materializer.models import Check, Pixels
from tests.images.test_images import photo, saved
from tests.images.test_shown import LIMITS, PHOTO, jpeg_with, prepared


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
        "zeros up to the end marker": whole[:middle] + bytes(len(whole) - middle - 2) + b"\xff\xd9",
        "restart markers with zeros up to the end marker": restarts[:-900] + bytes(898) + b"\xff\xd9",
        "progressive with zeros up to the end marker": progressive[:-900] + bytes(898) + b"\xff\xd9",
        "byte inserted in a table": whole[:60] + b"\0" + whole[60:],
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


# A photograph of 32 x 32, and a white picture of 300 x 2000 with a few pixels at its top: by jpegtran -arithmetic.
ARITHMETIC = base64.b85decode(
    "|JeWF01!$>Nk#wx0RR9200961|JwjV00RO70|EjA0|NsD0|NvF2n7WM1O*BQ2L=cX3JeSj3JVJj4iXRz4iOFu3lJ6%5fc;@6%`B*7Z?^47!ni}6#"
    "vNp3kU!p03ZPY5di<p00saM5C#9*00;pA002J#(#||~_;;aI#a3k!Ow;e;%WO$<NdhcNiacra$3*9pD`IcI=g{qzHR)I19;m4a&@m-)?9e@o@*Nt"
    "bo24$o;x7@lVe}XQJC;D1T~`u!q{^;2pwDvGuPlZTaqkP2Hr1D9?&~*^INv#0KBFxT@3D~Oze>%t{_l_Pp~ByxyQ^0MRFuOmM=iQ1@PwH>(0AEiO"
    "Vi5Yq9qfyU1H8!Ad&H}IvtyVd%tkvd*A~E{{Y!70(06YEIm5hYvyh<&0|$KXU-T$Mjg#q61&!^H%DD%(<Tv3Da_xMd(gJY*3^#5QtrrhA&%F0?(w"
    "47EB^pBA5%bc_#<O+3XXmM*#"
)
WHITE_BELOW = base64.b85decode(
    "|JeWF01!$>Nk#wx0RR9200961|JwjV01yid4h#wq4h;?x5fBp?C>j_R78o%jB^@X_Gd(;xGdMRuNL)@pL{~*OI8bd-S6^ahXlFi6ad~iLcwA*?WB"
    "<tj3kV0$0W1Ll5di<p00saM5C#9*00;pA002J#u_TShdCC}+C}K1qQrNDhVIk-@%wydoSfJn5spTfgG%$_6|Je"
)


@pytest.mark.parametrize("cut", [80, 120, 200])
def test_half_a_jpeg_with_arithmetic_coding_is_damaged(cut: int) -> None:
    assert inspect(ARITHMETIC).status == "ok"
    assert inspect(ARITHMETIC[:-cut] + b"\xff\xd9").status == "damaged"
    assert inspect(ARITHMETIC[:-cut] + bytes(cut - 2) + b"\xff\xd9").status == "damaged"


def test_zeros_that_an_encoder_left_out_are_no_damage() -> None:
    assert inspect(WHITE_BELOW).status == "ok"
    assert prepared(WHITE_BELOW, pixels=Pixels.VERBATIM).data == WHITE_BELOW


@pytest.mark.parametrize("pixels", [Pixels.VERBATIM, Pixels.RGB])
def test_arithmetic_coding_that_pillow_cannot_read_is_not_stored(pixels: Pixels) -> None:
    """Pillow reads blocks of 64 KiB, and libjpeg cannot pause within a scan with arithmetic coding."""
    size = 65_596 - len(ARITHMETIC)
    comment = b"\xff\xfe" + (size - 2).to_bytes(2, "big")
    data = ARITHMETIC[:2] + comment.ljust(size) + ARITHMETIC[2:]
    with pytest.raises(OSError, match="broken data stream"):
        Image.open(io.BytesIO(data)).load()
    stored = prepared(data, pixels=pixels)
    assert stored.transform.endswith("metadata_removed")
    Image.open(io.BytesIO(stored.data)).load()


# 5 x 3 pixels of three values, by libjpeg-turbo 3.
LOSSLESS = base64.b85decode(
    "|JeWT01iQ9Z(?NtWB>pF0095P01*fP0{{gBQV{@05dcCF0RO}Q7XSeP0RaF20000000000000I62L%7x01N|C07n2q00961=g#xI92h#chnv7Us2"
    "jj<C>-z{@&*o`VD$0eFktWh*#"
)


def test_lossless_jpeg_is_decoded_in_its_own_size_and_colours() -> None:
    assert (inspect(LOSSLESS).status, inspect(LOSSLESS).width) == ("ok", 5)
    assert all(prepared(LOSSLESS, pixels=pixels).width == 5 for pixels in Pixels)
    with pytest.raises(BadData):
        prepared(LOSSLESS[:-12])


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_half_a_jpeg_of_another_mode_is_damaged(mode: str) -> None:
    data = saved(PHOTO.convert(mode), "JPEG")
    assert inspect(data[: len(data) * 2 // 3] + b"\xff\xd9").status == "damaged"


@pytest.mark.parametrize("options", [{"subsampling": 0, "quality": 92}, {}, {"progressive": True}])
def test_jpeg_whose_end_was_overwritten_by_zeros_is_truncated(options: dict[str, int]) -> None:
    data = saved(photo(640, 480), "JPEG", **options)
    kept = len(data) * 2 // 3
    assert inspect(data[:kept] + bytes(len(data) - kept)).status == "truncated"


@pytest.mark.parametrize("version", [1, 9])
def test_damage_is_found_behind_damaged_metadata(version: int) -> None:
    whole = saved(photo(640, 480), "JPEG").replace(b"JFIF\0\1", b"JFIF\0" + bytes([version]))
    assert inspect(whole).status == "ok"
    assert inspect(whole[: len(whole) // 2] + b"\xff\xd9").status == "damaged"


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("strips", [True, False])
def test_tiff_with_a_damaged_jpeg_is_damaged(mode: str, strips: bool) -> None:
    image = photo(300, 200).convert(mode)
    data = saved(image, "TIFF", compression="jpeg", **({"strip_size": 20_000} if strips else {}))
    assert inspect(data).status == "ok"
    middle = len(data) // 2
    assert inspect(data[:middle] + bytes(200) + data[middle + 200 :]).status == "damaged"


@pytest.mark.parametrize("tables", [struct.pack("<HIf", 11, 1, 5.0), struct.pack("<HII", 4, 1, 2**32 - 1)])
def test_tiff_whose_jpegs_have_their_own_tables_needs_no_valid_shared_ones(tables: bytes) -> None:
    """libtiff ignores shared tables that are a number."""
    data, strip = saved(photo(64, 64), "TIFF", compression="jpeg"), saved(photo(64, 64), "JPEG", subsampling=0)
    directory, end = int.from_bytes(data[4:8], "little"), len(data)
    entries = {273: struct.pack("<HII", 4, 1, end), 279: struct.pack("<HII", 4, 1, len(strip)), 347: tables}
    for tag, entry in entries.items():
        at = data.index(struct.pack("<H", tag), directory) + 2
        data = data[:at] + entry + data[at + len(entry) :]
    assert inspect(data + strip).status == "ok"


def test_padding_and_bytes_after_the_end_are_no_damage() -> None:
    data = saved(PHOTO, "JPEG")
    for size in (1, 4, 30, 9_000):
        assert inspect(data[:-2] + bytes(size) + data[-2:]).status == "ok"
    assert inspect(data + b"trailing bytes").status == "ok"


@pytest.mark.parametrize("quality", [30, 75, 95])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"restart_marker_rows": 1}])
def test_strict_decoding_gives_the_pixels_of_pillow(quality: int, options: dict[str, object]) -> None:
    data = saved(PHOTO, "JPEG", quality=quality, **options)
    found = [open_shown(data, LIMITS, Depth((64, 64), is_strict=strict)).image for strict in (True, False)]
    assert found[0].mode == found[1].mode == "L"
    assert found[0].tobytes() == found[1].tobytes()
