"""Controlled rounding: whole numbers next to fractions, with whole sums next to the sums of the fractions.

Source: Cox, "A Constructive Procedure for Unbiased Controlled Rounding", JASA 82 (1987). A table is a flow in a
network; fractions are moved along cycles until none is left.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]

_NOTHING = 1e-6  # of an image: fractions below it are errors of floating point
_OF_SUM, _OF_PARENT = 10_000, 100  # weights of sums; a cell has 1


def controlled_rounding(exact: Real, parents: Sequence[str], preferred: Whole) -> Whole:
    """Return whole numbers, strata x splits, less than 1 from ``exact``.

    The sums over all strata, and over the strata of one parent, also differ by less than 1 from those of ``exact``. Row
    sums stay: they must be whole. Where several such tables exist, one with the nearest sums is returned, then one that
    is near to ``preferred``.
    """
    network = _Network()
    cells: dict[tuple[int, int], int] = {}
    for split in range(exact.shape[1]):
        network.add(("all",), ("split", split), float(exact[:, split].sum()), _OF_SUM)
        sums: dict[str, float] = defaultdict(float)
        for row, parent in enumerate(parents):
            exact_cell = float(exact[row, split])
            edge = network.add(("parent", split, parent), ("row", row), exact_cell, 1)
            network.preferred[edge] = float(preferred[row, split])
            cells[row, split] = edge
            sums[parent] += exact_cell
        for parent, exact_sum in sums.items():
            network.add(("split", split), ("parent", split, parent), exact_sum, _OF_PARENT)
    network.round()
    rounded = np.zeros(exact.shape, np.int64)
    for (row, split), edge in cells.items():
        rounded[row, split] = round(network.flow[edge])
    return rounded


@dataclass(frozen=True, slots=True)
class _Step:
    """One edge of a walk; ``sign`` is 1 if the walk follows the edge's direction."""

    edge: int
    sign: int


class _Network:
    """A flow that is conserved at every node up to whole numbers."""

    def __init__(self) -> None:
        self.flow: list[float] = []
        self.ends: list[tuple[object, object]] = []
        self.preferred: list[float] = []
        self.weights: list[int] = []
        self.edges_of: dict[object, list[int]] = defaultdict(list)

    def add(self, start: object, end: object, flow: float, weight: int) -> int:
        """Add an edge that prefers the whole number nearest to its flow; return its number."""
        number = len(self.flow)
        self.flow.append(flow)
        self.ends.append((start, end))
        self.preferred.append(round(flow))
        self.weights.append(weight)
        for node in (start, end):
            self.edges_of[node].append(number)
        return number

    def round(self) -> None:
        """Make every flow whole, moving fractions along cycles."""
        for edge in range(len(self.flow)):
            while self._is_open(edge):
                cycle = self._cycle(edge)
                if not cycle:  # only an error of floating point is left
                    self.flow[edge] = float(round(self.flow[edge]))
                    break
                self._push(cycle if self._gain(cycle) >= 0 else [_Step(step.edge, -step.sign) for step in cycle])

    def _is_open(self, edge: int) -> bool:
        return abs(self.flow[edge] - round(self.flow[edge])) > _NOTHING

    def _cycle(self, first: int) -> list[_Step]:
        """Return a cycle of edges with fractions, found by a walk from ``first``; empty if the walk ends."""
        start, node = self.ends[first]
        walk, seen = [_Step(first, 1)], {start: 0, node: 1}
        while True:
            step = next(self._ways(node, walk[-1].edge), None)
            if step is None:
                return []
            walk.append(step)
            node = self.ends[step.edge][step.sign > 0]
            if node in seen:
                return walk[seen[node] :]
            seen[node] = len(walk)

    def _ways(self, node: object, last: int) -> Iterator[_Step]:
        for edge in self.edges_of[node]:
            if edge != last and self._is_open(edge):
                yield _Step(edge, 1 if self.ends[edge][0] == node else -1)

    def _gain(self, cycle: list[_Step]) -> float:
        return float(
            sum(
                step.sign * self.weights[step.edge] * np.sign(self.preferred[step.edge] - self.flow[step.edge])
                for step in cycle
            )
        )

    def _push(self, cycle: list[_Step]) -> None:
        """Move along the cycle until one of its flows is whole."""
        room = [
            np.ceil(self.flow[step.edge]) - self.flow[step.edge]
            if step.sign > 0
            else self.flow[step.edge] - np.floor(self.flow[step.edge])
            for step in cycle
        ]
        for step in cycle:
            self.flow[step.edge] += step.sign * min(room)
            if not self._is_open(step.edge):
                self.flow[step.edge] = float(round(self.flow[step.edge]))
