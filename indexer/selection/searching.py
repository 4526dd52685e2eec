"""Search for an assignment of groups where moving single groups does not end at the wanted numbers.

A beam search: groups are added one by one, the largest first. Partial assignments with equal sums count once. So all
assignments are covered where few sums are possible, as for a few groups of one stratum.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from indexer.selection.rounding import Whole

_BEAM, _WORK = 1_000, 30_000_000  # partial assignments that are kept; numbers that are added in all, about
_GROUPS = 400  # groups that may move; all others stay
_OF_PROFILE = 40  # of them, of one profile and split


@dataclass(frozen=True, slots=True)
class Bounds:
    """Images by row and split: ``found`` now, and ``low`` and ``high``, which are near enough. ``weights``: of rows."""

    found: Whole
    low: Whole
    high: Whole
    weights: Whole

    def miss(self, found: Whole) -> Whole:
        """Return the weighted sum of squares of the images out of bounds, of tables rows x splits."""
        low: Whole = self._squares(self.low - found).sum(axis=-1)
        return self.above(found) + low

    def above(self, found: Whole) -> Whole:
        """Return the same of the images above ``high`` alone."""
        total: Whole = self.above_by_split(found).sum(axis=-1)
        return total

    def above_by_split(self, found: Whole) -> Whole:
        """Return the same of each split."""
        return self._squares(found - self.high)

    def of(self, rows: Whole) -> "Bounds":
        """Return the bounds of some rows."""
        return Bounds(self.found[rows], self.low[rows], self.high[rows], self.weights[rows])

    def _squares(self, images: Whole) -> Whole:
        squares: Whole = (self.weights[:, None] * np.maximum(images, 0) ** 2).sum(axis=-2)
        return squares


def search(rows: Whole, images: Whole, assigned: Whole, bounds: Bounds) -> Whole:
    """Return an assignment with fewer images out of ``bounds`` than ``assigned``, or ``assigned`` if none is found.

    ``rows``, ``images`` and ``assigned`` are those of Profiles. Of equally good assignments, that which moves the
    fewest images is taken. Strata do not move for the sum of all if that stays out of bounds.
    """
    movable = _movable(rows, images, assigned, bounds)
    used = np.unique(rows[movable.any(axis=1)])
    dense = np.zeros((len(rows), len(used)), np.int64)
    profiles = np.flatnonzero(movable.any(axis=1))
    np.add.at(dense, (profiles[:, None], np.searchsorted(used, rows[profiles])), images[profiles])
    units = [(profile, split) for profile, split in np.argwhere(movable) for _ in range(movable[profile, split])]
    units.sort(key=lambda unit: (-int(images[unit[0]].max()), int(unit[0]), int(unit[1])))
    beam = _Beam(dense.T @ movable, bounds.of(used), len(units))
    for number, (profile, split) in enumerate(units):
        beam.add(number, dense[profile], int(split))
    missed, choices = beam.best()
    before, least = int(beam.bounds.miss(beam.bounds.found)), int(bounds.weights.max())
    if not units or missed > max(before - least, 0):
        return assigned
    found = assigned - movable
    np.add.at(found, ([profile for profile, _ in units], choices), 1)
    return found


def _movable(rows: Whole, images: Whole, assigned: Whole, bounds: Bounds) -> Whole:
    """Return the groups that may move, profiles x splits: first those of rows that are out of bounds."""
    is_off = (np.abs(bounds.found - np.clip(bounds.found, bounds.low, bounds.high)).sum(axis=1) > 0) * bounds.weights
    concern = (is_off[rows] * (images > 0)).sum(axis=1)
    order = np.lexsort((np.arange(len(rows)), -images.max(axis=1), -concern))
    movable, left = np.zeros_like(assigned), _GROUPS
    for profile in order:
        some = np.minimum(assigned[profile], _OF_PROFILE)
        if some.sum() <= left:
            movable[profile] = some
            left -= int(some.sum())
    return movable


class _Beam:
    """Partial assignments: images ``found``, rows x splits each; ``above`` bounds; ``moved`` images; and choices.

    Equal sums have equal ``codes``: sums of a random number per image in a row and split, modulo 2^64.
    """

    def __init__(self, movable: Whole, bounds: Bounds, units: int) -> None:
        self.found = (bounds.found - movable)[None]
        self.bounds = bounds
        self.above = bounds.above(self.found)
        self.moved = np.zeros(1, np.int64)
        self.choices = np.zeros((1, units), np.int8)
        self.codes = np.zeros(1, np.uint64)
        self.width = max(min(_BEAM, _WORK // max(movable.size * units, 1)), 1)
        digest = hashlib.shake_128(b"").digest(8 * self.found[0].size)
        self._code_of_image = np.frombuffer(digest, np.uint64).reshape(self.found[0].shape)

    def add(self, number: int, images: Whole, split: int) -> None:
        """Add group ``number``, which is in ``split`` now, to every split of every partial assignment."""
        splits, rows = self.found.shape[2], np.flatnonzero(images)
        bounds, before, added = self.bounds.of(rows), self.found[:, rows], images[rows, None]
        above = self.above[:, None] + bounds.above_by_split(before + added) - bounds.above_by_split(before)
        codes = self.codes[:, None] + images.astype(np.uint64) @ self._code_of_image
        moved = self.moved[:, None] + np.where(np.arange(splits) == split, 0, images.max(initial=0))
        order = np.lexsort((moved.ravel(), above.ravel()))
        _, first = np.unique(codes.ravel()[order], return_index=True)
        kept = order[np.sort(first)[: self.width]]
        parents, chosen = np.divmod(kept, splits)
        self.found, self.choices = self.found[parents], self.choices[parents]
        self.found[np.arange(len(kept)), :, chosen] += images
        self.choices[:, number] = chosen
        self.above, self.moved, self.codes = above.ravel()[kept], moved.ravel()[kept], codes.ravel()[kept]

    def best(self) -> tuple[int, Whole]:
        """Return the images out of bounds, as a sum of squares, and the split of each group, of the best assignment."""
        missed = self.bounds.miss(self.found)
        best = np.lexsort((self.moved, missed))[0]
        return int(missed[best]), self.choices[best].astype(np.int64)
