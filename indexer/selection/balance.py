"""Assign groups of images to splits, near to those that their hashes name, so that every stratum meets its numbers.

Groups with the same number of images of each stratum have one profile. Groups of one image fill the gaps that the
others leave. So larger groups move only where there are too few of those, or where they exceed a number by themselves.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from indexer.selection.rounding import Real, Whole, controlled_rounding
from indexer.selection.searching import Bounds, search

_Number = TypeVar("_Number", np.int64, np.float64)

_SLACK = 1 + 1e-6  # images by which a stratum may be off
_WEIGHT = 10_000  # of strata and parents; the sum of all has 1, as strata that are off move it
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Demand:
    """``exact``: strata x splits, the images that are wanted; rows sum to the images that there are.

    ``parents``: the parent of each stratum. Its sum over its strata is met as well, and the sum over all strata. Tables
    with these sums have one row per stratum, one per parent by name, and one for all.
    """

    exact: Real
    parents: Sequence[str]

    def with_sums(self, table: npt.NDArray[_Number]) -> npt.NDArray[_Number]:
        """Return ``table``, strata x splits, with its sums."""
        of_parents = np.zeros((len(self.parent_rows), table.shape[1]), table.dtype)
        rows = [self.parent_rows[parent] - len(table) for parent in self.parents]
        np.add.at(of_parents, np.array(rows, np.int64), table)
        return np.vstack([table, of_parents, table.sum(axis=0, keepdims=True)])

    @property
    def parent_rows(self) -> dict[str, int]:
        """The row of each parent."""
        return {name: row for row, name in enumerate(sorted(set(self.parents)), start=len(self.parents))}

    @property
    def weights(self) -> Whole:
        """The weights of the rows."""
        return np.array([_WEIGHT] * (len(self.parents) + len(self.parent_rows)) + [1], np.int64)


@dataclass(frozen=True, slots=True)
class Profiles:
    """Groups by profile: ``images`` of a group by row of a table with sums, and groups by split, as ``hashed``.

    ``rows`` and ``images``: profiles x the most rows of a profile, filled up with 0 images. ``hashed``: profiles x
    splits.
    """

    rows: Whole
    images: Whole
    hashed: Whole

    @classmethod
    def of(cls, groups: Sequence[Mapping[int, int]], hashed: Whole, demand: Demand) -> "Profiles":
        """Return the profiles of ``groups``: images by stratum."""
        parent_rows, last = demand.parent_rows, len(demand.parents) + len(demand.parent_rows)
        summed = []
        for group in groups:
            counts = Counter({stratum: images for stratum, images in group.items() if images})
            for stratum, count in list(counts.items()):
                counts[parent_rows[demand.parents[stratum]]] += count
                counts[last] += count
            summed.append(counts)
        width = max(map(len, summed), default=1)
        rows, images = np.zeros((len(summed), width), np.int64), np.zeros((len(summed), width), np.int64)
        for profile, counts in enumerate(summed):
            rows[profile, : len(counts)] = list(counts)
            images[profile, : len(counts)] = list(counts.values())
        return cls(rows, images, hashed)

    def found(self, assigned: Whole, height: int) -> Whole:
        """Return the images by row and split, ``height`` x splits, of assigned groups, profiles x splits."""
        table = np.zeros((height, assigned.shape[1]), np.int64)
        np.add.at(table, self.rows, self.images[:, :, None] * assigned[:, None, :])
        return table

    @property
    def is_single(self) -> Whole:
        """Whether a group is one image, as 0 or 1. Its first row is its stratum."""
        is_one: Whole = (self.images.max(axis=1, initial=0) == 1).astype(np.int64)[:, None]
        return is_one


def assign(profiles: Profiles, demand: Demand) -> Whole:
    """Return the number of groups per profile and split: profiles x splits."""
    if not len(demand.exact):
        return profiles.hashed
    strata, exact = len(demand.exact), demand.with_sums(demand.exact)
    preferred = profiles.found(profiles.hashed, len(exact))[:strata]
    goal = demand.with_sums(controlled_rounding(demand.exact, demand.parents, preferred))
    assigned = _moved(profiles, profiles.hashed * (1 - profiles.is_single), goal, demand.weights)
    assigned += _filling(profiles, goal - profiles.found(assigned, len(goal)))
    found = profiles.found(assigned, len(goal))
    if not (np.abs(found - exact) > _SLACK).any():
        return assigned
    low, high = np.ceil(exact - _SLACK).astype(np.int64), np.floor(exact + _SLACK).astype(np.int64)
    return search(profiles.rows, profiles.images, assigned, Bounds(found, low, high, demand.weights))


def _moved(profiles: Profiles, hashed: Whole, goal: Whole, weights: Whole) -> Whole:
    """Move single groups of ``hashed`` while that reduces the weighted sum of squares of the images above ``goal``."""
    assigned = hashed.copy()
    excess = profiles.found(assigned, len(goal)) - goal
    counts, weight = profiles.images[:, :, None], weights[profiles.rows][:, :, None]
    splits = np.arange(assigned.shape[1])
    while (excess > 0).any():
        above = excess[profiles.rows]  # profiles x their rows x splits
        now = _squares(above)
        less = (weight * (_squares(above - counts) - now)).sum(axis=1)
        more = (weight * (_squares(above + counts) - now)).sum(axis=1)
        change = less[:, :, None] + more[:, None, :]
        change[assigned == 0] = _NEVER
        change[:, splits, splits] = _NEVER
        profile, giver, taker = np.unravel_index(int(np.argmin(change)), change.shape)
        if change[profile, giver, taker] >= 0:
            break
        assigned[profile, giver] -= 1
        assigned[profile, taker] += 1
        np.add.at(excess[:, giver], profiles.rows[profile], -profiles.images[profile])
        np.add.at(excess[:, taker], profiles.rows[profile], profiles.images[profile])
    return assigned


def _squares(above: Whole) -> Whole:
    squares: Whole = np.maximum(above, 0) ** 2
    return squares


def _filling(profiles: Profiles, left: Whole) -> Whole:
    """Return the groups of one image, assigned to what is ``left`` of the goals of their strata."""
    filling = np.zeros_like(profiles.hashed)
    for profile in np.flatnonzero(profiles.is_single):
        parts = np.maximum(left[profiles.rows[profile, 0]], 0)
        for _ in range(int(parts.sum() - profiles.hashed[profile].sum())):  # other groups take too many elsewhere
            parts[int(np.argmax(parts))] -= 1
        filling[profile] = parts
    return filling
