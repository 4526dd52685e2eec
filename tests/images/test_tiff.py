"""TIFFs: ranges of values, damaged tags, pages that readers show wrong."""

import struct

import numpy as np
import pytest

from indexer.base.errors import BadData
from indexer.images import inspect
from materializer.models import Pixels
from tests.images.test_images import saved
from tests.images.test_shown import PHOTO, prepared, shown_by_datasets


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
