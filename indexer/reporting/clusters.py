"""Pairs of equal images -> groups of them, those that do the most harm first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from indexer.reporting.models import Cluster


@dataclass(frozen=True, slots=True)
class ClusterMember:
    """Where an image stands: what a cluster must not cross."""

    split: str
    label: int


def grouped(kind: str, pairs: Iterable[tuple[int, int]], places: Mapping[int, ClusterMember]) -> list[Cluster]:
    """The connected components of ``pairs`` of row ids: crossing labels first, then splits, then by size and row id."""
    found = [
        Cluster(kind, tuple(rows), _crossed([places[row] for row in rows]))
        for rows in _components(pairs)
    ]  # fmt: skip
    return sorted(found, key=lambda one: ("label" not in one.crosses, not one.crosses, -len(one.rows), one.rows))


def _components(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Disjoint sets by path halving; every set in ascending order."""
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


def _crossed(places: list[ClusterMember]) -> tuple[str, ...]:
    labels, splits = {place.label for place in places}, {place.split for place in places}
    return (("label",) if len(labels) > 1 else ()) + (("split",) if len(splits) > 1 else ())
