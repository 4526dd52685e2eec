"""Parameters and results of a selection."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from indexer.manifest.store import Store
from indexer.selection.windows import DatedGenerator

# Inspects the rows of `work.pool` that were never inspected; returns their number.
Inspect = Callable[[Store], int]

Counts = tuple[tuple[str, str, int], ...]
"""Images by split and role, or by step and reason."""


@dataclass(frozen=True, slots=True)
class UnevenSplit:
    """A generator or other stratum whose ``images`` in a split miss the ``target``: groups cannot be divided."""

    stratum: str
    split: str
    images: int
    target: int


class UnevenOrigin(NamedTuple):
    """An origin whose real ``images`` miss its ``part``, an equal one; ``paired`` of them are photographs of fakes."""

    origin: str
    images: int
    paired: int
    part: int


@dataclass(frozen=True, slots=True)
class Selected:
    """The result of a recipe. ``counts`` has one row per (split, role), ``excluded`` one per (step, reason).

    ``matched`` has the rows of sql/audit/matched_traits.sql. ``windows`` are the generators of a recipe with
    windows, and ``undated`` those that it leaves out because they have no release date.
    """

    name: str
    counts: Counts
    excluded: Counts
    inspected: int = 0
    dropped: tuple[str, ...] = ()
    uneven: tuple[UnevenSplit, ...] = ()
    matched: tuple[tuple[Any, ...], ...] = ()
    windows: tuple[DatedGenerator, ...] = ()
    undated: tuple[str, ...] = ()
    uneven_origins: tuple[UnevenOrigin, ...] = ()
