"""Deal groups of images to the splits so that every generator gets its parts.

Groups that hold alike numbers of the same generators are one kind. Every kind is first dealt in proportion; what cannot
be divided goes where it is missed most; then single groups move for as long as that brings the whole nearer.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kinds:
    """``images``: kinds x generators, what one group of the kind holds. ``groups``: how many there are of each kind."""

    images: Whole
    groups: Whole


def targets(totals: Whole, parts: Real) -> Whole:
    """Whole numbers, splits x generators, that sum to ``totals`` and are nearest to ``parts`` of them."""
    exact = parts[:, None] * totals[None, :]
    base = np.floor(exact + 1e-9).astype(np.int64)
    missing = totals - base.sum(axis=0)
    # The largest fractions get one more; the first split wins a tie.
    order = np.argsort(-(exact - base), axis=0, kind="stable")
    turn = np.argsort(order, axis=0, kind="stable")
    nearest: Whole = base + (turn < missing[None, :])
    return nearest


def deal(kinds: Kinds, parts: Real) -> Whole:
    """How many groups of each kind go to each split: kinds x splits."""
    wanted = targets((kinds.images * kinds.groups[:, None]).sum(axis=0), parts)
    dealt = np.floor(kinds.groups[:, None] * parts[None, :] + 1e-9).astype(np.int64)
    _deal_rest(kinds, dealt, wanted)
    while _move_one(kinds, dealt, wanted):
        pass
    return dealt


def _deal_rest(kinds: Kinds, dealt: Whole, wanted: Whole) -> None:
    """Give the groups that floor() left over, largest first, to the split that misses their images most."""
    missing = wanted - dealt.T @ kinds.images
    rest = kinds.groups - dealt.sum(axis=1)
    sizes = kinds.images.sum(axis=1)
    for kind in np.lexsort((np.arange(len(rest)), -sizes)):
        for _ in range(rest[kind]):
            split = int(np.argmax(missing @ kinds.images[kind]))
            dealt[kind, split] += 1
            missing[split] -= kinds.images[kind]


def _move_one(kinds: Kinds, dealt: Whole, wanted: Whole) -> bool:
    """Move the group whose move lessens the sum of squared misses most; False if none does."""
    if not dealt.size:
        return False
    missing = wanted - dealt.T @ kinds.images
    gain = kinds.images @ missing.T
    cost = (kinds.images**2).sum(axis=1)
    # Moving v from a to b changes the sum by 2 v.(missing[a] - missing[b]) + 2 v.v
    change = gain[:, :, None] - gain[:, None, :] + cost[:, None, None]
    change[dealt == 0] = 1
    best = int(np.argmin(change))
    kind, giver, taker = np.unravel_index(best, change.shape)
    if change[kind, giver, taker] >= 0:
        return False
    dealt[kind, giver] -= 1
    dealt[kind, taker] += 1
    return True
