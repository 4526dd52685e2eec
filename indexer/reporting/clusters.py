"""Clusters of duplicates, from pairs of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from indexer.reporting.models import Cluster


@dataclass(frozen=True, slots=True)
class ClusterMember:
    """The split and label of an image: a cluster should be within one of each."""

    split: str
    label: int


def grouped(kind: str, pairs: Iterable[tuple[int, int]], members: Mapping[int, ClusterMember]) -> list[Cluster]:
    """Return the connected components of ``pairs`` of row ids.

    Those over several labels come first, then those over several splits, then by size and row id.
    """
    found = [Cluster(kind, tuple(rows), _crossed([members[row] for row in rows])) for rows in _components(pairs)]
    return sorted(found, key=lambda one: (*by_severity(one), -len(one.rows), one.rows))


def by_severity(cluster: Cluster) -> tuple[bool, bool]:
    """Return what sorts clusters over several labels first, then those over several splits."""
    return "label" not in cluster.crosses, not cluster.crosses


def _components(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Return disjoint sets, each in ascending order, found by path halving."""
    parent: dict[int, int] = {}
    for first, second in pairs:
        one, other = sorted((_root(parent, first), _root(parent, second)))
        parent[other] = one
    sets: dict[int, list[int]] = {}
    for row in sorted(parent):
        sets.setdefault(_root(parent, row), []).append(row)
    return list(sets.values())


def _root(parent: dict[int, int], row: int) -> int:
    parent.setdefault(row, row)
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return row


def _crossed(members: list[ClusterMember]) -> tuple[str, ...]:
    labels, splits = {member.label for member in members}, {member.split for member in members}
    return (("label",) if len(labels) > 1 else ()) + (("split",) if len(splits) > 1 else ())
