"""The split: each group of images is assigned to one split, which follows from a hash of the group.

``work.unit`` has the groups: group_id, stratum, parent, images; one row per group and stratum. The number of
images of every stratum, of every parent (a set of strata), and of all strata together meets the fractions. Only groups
whose hashes are next to the borders between splits move for that. So a selection that grows keeps nearly all images in
their splits.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from indexer.manifest.store import Store
from indexer.selection.balance import Demand, Profiles, assign
from indexer.selection.models import UnevenSplit
from indexer.selection.rounding import Real, Whole
from indexer.selection.working_tables import put

_HASH_BITS = 64
_ERROR = 1e-6  # of an image: of floating point
_LAST = "g"  # greater than every hexadecimal digit


@dataclass(frozen=True, slots=True)
class Strata:
    """The strata of ``work.unit`` in order of their names, their parents, and the images of each."""

    names: Sequence[str]
    parents: Sequence[str]
    images: Whole


MakeExact = Callable[[Strata], Real]
"""Returns the images that each stratum gives to each split, strata x splits in order of their names; rows keep sums."""


def split_units(
    store: Store, seed: str, fractions: Mapping[str, float], exact: MakeExact | None = None
) -> tuple[UnevenSplit, ...]:
    """Assign every group of ``work.unit`` to a split, in ``work.unit_split`` (group_id, split).

    ``exact`` may give other numbers than ``fractions`` of each stratum. Returns the parents that are more than one
    image off.
    """
    splits = sorted(fractions)
    shares = np.array([fractions[name] for name in splits])
    put(store, "threshold", _thresholds(splits, shares))
    store.save("work.profile", "select/split/profiles", {"seed": seed})
    strata = _strata(store.rows("select/split/strata"))
    fixed = _fixed(store.rows("select/split/fixed_counts"), strata, splits)
    wanted = Demand(exact(strata) if exact else np.outer(strata.images, shares), strata.parents)
    wanted = wanted if exact else _without_empty(wanted)
    demand = Demand(_open(wanted.exact, fixed, shares), strata.parents)
    profiles = _profiles(store.rows("select/split/profile_counts"), strata, splits, demand)
    assigned = assign(profiles, demand)
    ends = np.cumsum(assigned, axis=1)
    stretches = [
        (row, name, int(ends[row, column] - assigned[row, column]), int(ends[row, column]))
        for row in range(len(assigned))
        for column, name in enumerate(splits)
    ]
    put(store, "profile_split", stretches)
    store.save("work.unit_split", "select/split/unit_splits")
    found = profiles.found(assigned, len(demand.weights)) + demand.with_sums(fixed)
    return tuple(_uneven(found, wanted, splits))


def _without_empty(plain: Demand) -> Demand:
    """Return a demand of at least one image in total for each split that is to have half an image.

    The largest split gives the difference, each stratum in proportion, if it keeps an image and gives no second one.
    """
    totals, rows = plain.exact.sum(axis=0), plain.exact.sum(axis=1)
    lacking = np.where(totals >= 0.5 - _ERROR, np.maximum(1 - totals, 0), 0)
    if not lacking.any():
        return plain
    lacking[largest := totals.argmax()] -= lacking.sum()
    if totals[largest] + lacking[largest] < 1 - _ERROR:
        return plain
    filled = Demand(plain.exact + np.outer(rows / rows.sum(), lacking), plain.parents)
    before, after = plain.with_sums(plain.exact), filled.with_sums(filled.exact)
    least, most = np.floor(after + _ERROR), np.ceil(after - _ERROR)
    return filled if least.min() >= 0 and np.maximum(before - least, most - before).max() <= 1 + _ERROR else plain


def _fixed(rows: list[tuple[str, str, int]], strata: Strata, splits: Sequence[str]) -> Whole:
    """Return the images of groups whose split is fixed: strata x splits."""
    fixed = np.zeros((len(strata.names), len(splits)), np.int64)
    row_of = {name: row for row, name in enumerate(strata.names)}
    for stratum, split, images in rows:
        fixed[row_of[stratum], splits.index(split)] = images
    return fixed


def _open(wanted: Real, fixed: Whole, shares: Real) -> Real:
    """Return what is wanted beside ``fixed`` images; the sums of the rows are those of the other images."""
    if not fixed.any():
        return wanted
    sums = wanted.sum(axis=1) - fixed.sum(axis=1)
    rest = np.maximum(wanted - fixed, 0) + 1e-9 * shares
    found: Real = rest * (sums / rest.sum(axis=1))[:, None]
    return found


def _thresholds(splits: Sequence[str], shares: Real) -> list[tuple[str, str, str]]:
    """Return (split, low, high): the hashes of a split, as 16 hexadecimal digits, from ``low`` up to ``high``."""
    cuts = [int(share * 2**53) << (_HASH_BITS - 53) for share in np.cumsum(shares)[:-1]]
    # A cut at 1, before splits of fraction 0, has no text of 16 digits.
    texts = ["", *(f"{cut:016x}" if cut < 1 << _HASH_BITS else _LAST for cut in cuts), _LAST]
    return list(zip(splits, texts, texts[1:], strict=False))


def _strata(rows: list[tuple[str, str, int]]) -> Strata:
    names, parents, images = zip(*rows, strict=True) if rows else ((), (), ())
    return Strata(names, parents, np.array(images, np.int64))


def _profiles(
    rows: list[tuple[int, list[str], list[int], str, int]], strata: Strata, splits: Sequence[str], demand: Demand
) -> Profiles:
    row_of = {name: row for row, name in enumerate(strata.names)}
    groups = {
        profile: {row_of[name]: count for name, count in zip(names, counts, strict=True)}
        for profile, names, counts, *_ in rows
    }
    hashed = np.zeros((len(groups), len(splits)), np.int64)
    for profile, *_, split, count in rows:
        hashed[profile, splits.index(split)] = count
    return Profiles.of(list(groups.values()), hashed, demand)


def _uneven(found: Whole, demand: Demand, splits: Sequence[str]) -> list[UnevenSplit]:
    wanted = demand.with_sums(demand.exact)
    return [
        UnevenSplit(parent, split, int(found[row, column]), round(float(wanted[row, column])))
        for parent, row in demand.parent_rows.items()
        for column, split in enumerate(splits)
        if abs(found[row, column] - wanted[row, column]) > 1 + _ERROR
    ]
