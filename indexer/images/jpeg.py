"""What a JPEG's quantisation tables tell: the quality it was saved with, and whose tables they are.

Source: ITU-T T.81 annex K.1 (the luminance table) and libjpeg's ``jpeg_quality_scaling`` (jcparam.c).
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

# T.81 table K.1, row by row.
_LUMINANCE = np.array(
    [16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
     14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
     18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
     49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99]
)  # fmt: skip

Tables = Mapping[int, Sequence[int]]


def quality(tables: Tables) -> int | None:
    """The libjpeg quality (1 to 100) whose luminance table is nearest; exact for whatever libjpeg wrote."""
    return _nearest(tuple(tables[0])) if 0 in tables else None


def fingerprint(tables: Tables) -> str | None:
    """Sixteen hex digits that differ where the tables do."""
    if not tables:
        return None
    text = ";".join(f"{number}:{','.join(map(str, table))}" for number, table in sorted(tables.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def _scaled() -> npt.NDArray[np.int64]:
    """The luminance table at each quality from 1 to 100: 100 rows of 64."""
    qualities = np.arange(1, 101)
    percent = np.where(qualities < 50, 5000 // qualities, 200 - 2 * qualities)
    scaled: npt.NDArray[np.int64] = np.clip((_LUMINANCE * percent[:, None] + 50) // 100, 1, 255)
    return scaled


@cache
def _nearest(table: tuple[int, ...]) -> int:
    distance = np.abs(_scaled() - np.array(table)).sum(axis=1)
    return int(np.argmin(distance)) + 1
