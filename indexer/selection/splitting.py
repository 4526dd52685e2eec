"""The split: groups of connected images, each assigned to one split."""

from collections.abc import Mapping

import numpy as np

from indexer.manifest.store import Store
from indexer.selection.balance import GroupProfiles, Whole, assign, targets
from indexer.selection.models import UnevenSplit
from indexer.selection.working_tables import put

_CHOSEN = "image "  # how sql/select/split/profiles.sql marks images that are no spares


def split(store: Store, fractions: Mapping[str, float]) -> tuple[UnevenSplit, ...]:
    """Assign every group to a split, in ``work.group_split``; returns the generators that miss their fractions."""
    store.save("work.edge", "select/split/edges")
    store.save("work.node", "select/split/nodes")
    store.save("work.image_group", "select/split/groups")
    store.save("work.group_profile", "select/split/profiles")
    rows = store.rows("select/split/profile_counts")
    names = sorted({name for _, generators, _, _ in rows for name in generators})
    profiles = _profiles(rows, names)
    assigned = assign(profiles, np.array(list(fractions.values())))
    ends = np.cumsum(assigned, axis=1)
    stretches = [
        (profile, name, int(ends[row, column] - assigned[row, column]), int(ends[row, column]))
        for row, (profile, *_) in enumerate(rows)
        for column, name in enumerate(fractions)
    ]
    put(store, "profile_split", stretches)
    store.save("work.group_split", "select/split/group_splits")
    return _uneven(profiles, assigned, names, fractions)


def _profiles(rows: list[tuple[int, list[str], list[int], int]], names: list[str]) -> GroupProfiles:
    column = {name: index for index, name in enumerate(names)}
    images = np.zeros((len(rows), len(names)), np.int64)
    for row, (_, generators, counts, _) in enumerate(rows):
        images[row, [column[name] for name in generators]] = counts
    return GroupProfiles(images, np.array([groups for *_, groups in rows], np.int64))


def _uneven(
    profiles: GroupProfiles, assigned: Whole, names: list[str], fractions: Mapping[str, float]
) -> tuple[UnevenSplit, ...]:
    """Return the generators and splits that are more than one image off."""
    found = assigned.T @ profiles.images
    goal = targets(found.sum(axis=0), np.array(list(fractions.values())))
    return tuple(
        UnevenSplit(name.removeprefix(_CHOSEN), split_name, int(found[row, column]), int(goal[row, column]))
        for column, name in enumerate(names)
        for row, split_name in enumerate(fractions)
        if name.startswith(_CHOSEN) and abs(found[row, column] - goal[row, column]) > 1
    )
