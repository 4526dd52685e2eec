"""Find the items that crash a worker, in tasks that read an archive from its start.

A crashing item costs only itself if a part without it can skip it; else it costs all items after it. Parts run one
after the other, in order, so that the lost items do not depend on other workers.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Generic, TypeVar

from indexer.base.workers.models import WorkerCrashed

Task = TypeVar("Task")
Result = TypeVar("Result")

# After so many crashed parts in a row, further ones are not split: each attempt reads the archive from its start, and
# the rest is probably unreachable.
PATIENCE = 3


def cuts(count: int, reached: int = 0) -> list[slice]:
    """Return the parts of ``count`` items, ``reached`` of them read: those, the next one, two halves of the rest."""
    reached = min(reached, count - 1)
    bounds = sorted({0, reached, reached + 1, (reached + count + 2) // 2, count})
    return [slice(start, stop) for start, stop in pairwise(bounds)]


class Search(Generic[Task, Result]):
    """Searches a crashed task: ``attempt`` runs a part of it, ``split`` splits a part that crashed as well."""

    def __init__(
        self, attempt: Callable[[Task], "Result | WorkerCrashed"], split: Callable[[Task], Sequence[Task]]
    ) -> None:
        self._attempt, self._split = attempt, split
        self._lost_in_a_row = 0

    def around(self, task: Task, crash: WorkerCrashed) -> Iterator[tuple[Task, "Result | WorkerCrashed"]]:
        """Yield the parts of ``task`` with their results; lost parts have the result ``crash``."""
        parts = self._split(task) if self._lost_in_a_row < PATIENCE else ()
        if len(parts) < 2:
            self._lost_in_a_row += 1
            yield task, crash
            return
        for part in parts:
            answer = self._attempt(part)
            if isinstance(answer, WorkerCrashed):
                yield from self.around(part, answer)
            else:
                self._lost_in_a_row = 0
                yield part, answer
