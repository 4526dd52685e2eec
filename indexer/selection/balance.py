"""Assign groups of images to splits so that each generator meets its fractions.

Groups with the same number of images of each generator have one profile. Each profile is first divided in proportion.
The remaining groups go where most images are missing. Then single groups move while that reduces the total deviation.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GroupProfiles:
    """``images``: profiles x generators, the images of one group. ``groups``: the number of groups of each profile."""

    images: Whole
    groups: Whole


def targets(totals: Whole, fractions: Real) -> Whole:
    """Return whole numbers, splits x generators, that sum to ``totals`` and are nearest to ``fractions`` of them."""
    exact = fractions[:, None] * totals[None, :]
    base = np.floor(exact + 1e-9).astype(np.int64)
    missing = totals - base.sum(axis=0)
    # The largest remainders get one more; the first split wins a tie.
    order = np.argsort(-(exact - base), axis=0, kind="stable")
    turn = np.argsort(order, axis=0, kind="stable")
    nearest: Whole = base + (turn < missing[None, :])
    return nearest


def assign(profiles: GroupProfiles, fractions: Real) -> Whole:
    """Return the number of groups per profile and split: profiles x splits."""
    goal = targets((profiles.images * profiles.groups[:, None]).sum(axis=0), fractions)
    assigned = np.floor(profiles.groups[:, None] * fractions[None, :] + 1e-9).astype(np.int64)
    _assign_rest(profiles, assigned, goal)
    while _move_one(profiles, assigned, goal):
        pass
    return assigned


def _assign_rest(profiles: GroupProfiles, assigned: Whole, goal: Whole) -> None:
    """Assign the groups left over by floor(), largest first, to the split that lacks most of their images."""
    missing = goal - assigned.T @ profiles.images
    rest = profiles.groups - assigned.sum(axis=1)
    sizes = profiles.images.sum(axis=1)
    for profile in np.lexsort((np.arange(len(rest)), -sizes)):
        for _ in range(rest[profile]):
            split = int(np.argmax(missing @ profiles.images[profile]))
            assigned[profile, split] += 1
            missing[split] -= profiles.images[profile]


def _move_one(profiles: GroupProfiles, assigned: Whole, goal: Whole) -> bool:
    """Make the move of one group that reduces the sum of squared deviations most; False if none does."""
    if not assigned.size:
        return False
    missing = goal - assigned.T @ profiles.images
    gain = profiles.images @ missing.T
    cost = (profiles.images**2).sum(axis=1)
    # Moving v from a to b changes the sum by 2 v.(missing[a] - missing[b]) + 2 v.v
    change = gain[:, :, None] - gain[:, None, :] + cost[:, None, None]
    change[assigned == 0] = 1
    best = int(np.argmin(change))
    profile, giver, taker = np.unravel_index(best, change.shape)
    if change[profile, giver, taker] >= 0:
        return False
    assigned[profile, giver] -= 1
    assigned[profile, taker] += 1
    return True
