"""Estimate the quality of a JPEG from its quantisation tables.

Source: ITU-T T.81 annex K.1 (the luminance table), libjpeg's ``jpeg_quality_scaling`` (jcparam.c).
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

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


def quality_of(tables: Tables) -> int | None:
    """Return the libjpeg quality (1 to 100) with the nearest luminance table; exact for files that libjpeg wrote."""
    return _nearest(tuple(tables[0])) if 0 in tables else None


def qtables_hash(tables: Tables) -> str | None:
    """Return a digest of the tables, 16 hex digits; None without tables."""
    return _digest(tuple((number, tuple(table)) for number, table in sorted(tables.items()))) if tables else None


@lru_cache(4_096)
def _digest(tables: tuple[tuple[int, tuple[int, ...]], ...]) -> str:
    text = ";".join(f"{number}:{','.join(map(str, table))}" for number, table in tables)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def _scaled() -> npt.NDArray[np.int64]:
    """Return the luminance table at each quality from 1 to 100, shape (100, 64)."""
    qualities = np.arange(1, 101)
    percent = np.where(qualities < 50, 5000 // qualities, 200 - 2 * qualities)
    scaled: npt.NDArray[np.int64] = np.clip((_LUMINANCE * percent[:, None] + 50) // 100, 1, 255)
    return scaled


@lru_cache(4_096)
def _nearest(table: tuple[int, ...]) -> int:
    distance = np.abs(_scaled() - np.array(table)).sum(axis=1)
    return int(np.argmin(distance)) + 1
