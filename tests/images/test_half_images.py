"""JPEGs of which a part is missing are damaged, although Pillow shows them."""

import pytest

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
