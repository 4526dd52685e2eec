"""Tasks whose items lie one behind the other, as in an archive that is read from its start.

An item that ends its worker costs itself where a pass that does not want it gets by, and else all that lies behind it.
Parts are tried one by one, in their order, so that which items are lost does not depend on who else is at work.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Generic, TypeVar

from indexer.base.workers.models import WorkerCrashed

Task = TypeVar("Task")
Result = TypeVar("Result")

# After so many parts in a row that ended their worker, another one that does so is given up as it is: every try is a
# pass through the archive, and there seems to be no way to what is left.
PATIENCE = 3


def cuts(count: int, came: int = 0) -> list[slice]:
    """How ``count`` items are cut of which ``came`` were reached: those, the next one, the rest in two."""
    came = min(came, count - 1)
    bounds = sorted({0, came, came + 1, (came + count + 2) // 2, count})
    return [slice(start, stop) for start, stop in pairwise(bounds)]


class Search(Generic[Task, Result]):
    """A task that ended its worker: ``attempt`` runs a part of it, ``split`` cuts a part that ended its worker too."""

    def __init__(
        self, attempt: Callable[[Task], "Result | WorkerCrashed"], split: Callable[[Task], Sequence[Task]]
    ) -> None:
        self._attempt, self._split = attempt, split
        self._lost_in_a_row = 0

    def around(self, task: Task, death: WorkerCrashed) -> Iterator[tuple[Task, "Result | WorkerCrashed"]]:
        """Yield parts of ``task`` with their results; what is lost is answered by its death."""
        parts = self._split(task) if self._lost_in_a_row < PATIENCE else ()
        if len(parts) < 2:
            self._lost_in_a_row += 1
            yield task, death
            return
        for part in parts:
            answer = self._attempt(part)
            if isinstance(answer, WorkerCrashed):
                yield from self.around(part, answer)
            else:
                self._lost_in_a_row = 0
                yield part, answer
