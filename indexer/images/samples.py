"""Samples of more than eight bits: their range, and their conversion to eight bits.

A PNG of 16 bits uses the whole range by its specification. A TIFF states the type of its samples, and often not the
range: 12 bits in 16, floating point up to 1 or up to 255. Where the range is unclear, the image is refused.
"""

import io
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, TiffImagePlugin

from indexer.base.errors import BadData

# Tags of TIFF 6.0.
_DNG_VERSION = 50706
_SUBFILE, _REDUCED = 254, 1
_BITS, _COMPRESSION, _PHOTOMETRIC, _MAX_SAMPLE, _PLANES, _FORMAT, _SMAX_SAMPLE = 258, 259, 262, 281, 284, 339, 341
_SEPARATE_PLANES = 2
_WHITE_IS_ZERO, _UNSIGNED, _SIGNED, _FLOAT = 0, 1, 2, 3
_KINDS = {_UNSIGNED: "unsigned", _SIGNED: "signed", _FLOAT: "floating point"}
_FLOAT_RANGES = ((0.0, 1.0), (63.0, 255.0), (16383.0, 65535.0))

Values = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Samples:
    """The type of a TIFF's samples.

    ``stated_white`` is the maximum if the file states one of the form 2^n - 1. ``is_reduced``: the first page is a
    small copy of another one, or a camera's raw image.
    """

    bits: int
    kind: int
    is_inverted: bool
    has_planes: bool
    is_reduced: bool
    stated_white: int | None


def samples_of(image: Image.Image) -> Samples | None:
    """Return the type of samples that a TIFF states; None for other formats."""
    tags: Mapping[int, Any] | None = getattr(image, "tag_v2", None)
    if tags is None:
        return None
    stated = _number(tags.get(_MAX_SAMPLE)) or _number(tags.get(_SMAX_SAMPLE))
    is_power = stated > 0 and stated == int(stated) and (int(stated) & (int(stated) + 1)) == 0
    return Samples(
        bits=int(_number(tags.get(_BITS, 1))),
        kind=int(_number(tags.get(_FORMAT, _UNSIGNED))),
        is_inverted=tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO,
        has_planes=tags.get(_PLANES) == _SEPARATE_PLANES,
        is_reduced=bool(int(_number(tags.get(_SUBFILE))) & _REDUCED) or _DNG_VERSION in tags,
        stated_white=int(stated) if is_power else None,
    )


def described(data: bytes) -> str | None:
    """Return the type of the samples of a TIFF that Pillow does not read; None if its tags are damaged."""
    with suppress(Exception):
        file = io.BytesIO(data)
        tags = TiffImagePlugin.ImageFileDirectory_v2(file.read(16 if data[2:3] == b"+" else 8))
        file.seek(tags.next)
        tags.load(file)
        bits, kind = tags[_BITS], int(_number(tags.get(_FORMAT, _UNSIGNED)))
        return f"{len(bits)} x {bits[0]} bits, {_KINDS.get(kind, f'format {kind}')}, compression {tags[_COMPRESSION]}"
    return None


def check_samples(image: Image.Image, samples: Samples) -> None:
    """Check that the decoded TIFF is not one whose samples Pillow shows wrong in modes of eight bits.

    Raises:
        BadData: undecodable, unknown_range, unsupported_format.
    """
    if samples.is_reduced:
        raise BadData("unsupported_format", "the first page of the TIFF is a preview, as in raw files of cameras")
    colours = image.getbands()[: 4 if image.mode == "CMYK" else 3]
    if samples.kind == _SIGNED and samples.bits <= 8:
        raise BadData("unknown_range", "samples are signed, and readers show them as unsigned")
    if samples.bits != 16 or len(colours) < 3:
        return
    if samples.has_planes:
        raise BadData("undecodable", "colours of 16 bits in separate planes are read wrong by Pillow")
    # Pillow keeps the upper byte of each sample.
    highest = int(np.asarray(image)[..., : len(colours)].max(initial=0))
    if 0 < highest < 64:
        raise BadData("unknown_range", "samples of 16 bits use less than a quarter of their range: readers show black")


def eight_bits(image: Image.Image, samples: Samples | None) -> Image.Image:
    """Return grey samples of 16 bits, 32 bits or floating point as mode L.

    Raises:
        BadData: unknown_range.
    """
    values = np.asarray(image)
    if samples and samples.kind == _UNSIGNED and values.dtype == np.int32:
        values = values.view(np.uint32)  # Pillow has no unsigned mode of 32 bits
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        raise BadData("unknown_range", "samples are not finite")
    if values.size and values.min() < 0:
        raise BadData("unknown_range", f"samples are negative, down to {values.min():g}")
    white = _white(image.mode, float(values.max(initial=0)), samples)
    scaled = values / white
    return Image.fromarray(np.rint((1 - scaled if samples and samples.is_inverted else scaled) * 255).astype(np.uint8))


def _white(mode: str, highest: float, samples: Samples | None) -> float:
    """Return the value of white: one that the file states, or the only plausible one."""
    if samples is None and mode != "F":
        candidates = [(0.0, 65535.0)]
    elif samples is None or samples.kind == _FLOAT:
        candidates = list(_FLOAT_RANGES)
    else:
        full = float(2 ** (samples.bits - (samples.kind == _SIGNED)) - 1)
        # A file that uses less than a quarter of its range has fewer bits than its samples, or is very dark.
        candidates = [(0.0 if samples.bits not in (16, 32) else full // 4, full)]
        if samples.bits == 32:
            candidates.append(_FLOAT_RANGES[2])
    if samples and samples.stated_white and highest <= samples.stated_white:
        return float(samples.stated_white)
    for low, white in candidates:
        if low < highest <= white or highest == 0:
            return white
    raise BadData("unknown_range", f"the largest sample is {highest:g}, and the file does not state the value of white")


def _number(value: Any) -> float:
    """Return the first number of a tag's value; 0 if it has none."""
    first = value[0] if isinstance(value, tuple) and value else value
    try:
        return float(first)
    except (TypeError, ValueError):
        return 0.0
