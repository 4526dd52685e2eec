"""Items that are lost if one of them crashes its worker, and the number of attempts that find them."""

import os
import signal
from collections.abc import Callable
from itertools import chain

import pytest

from indexer.base.workers import WorkerCrashed, WorkerPool, Workers, cuts
from indexer.base.workers.bisection import Search

Items = tuple[int, ...]


def _parts(items: Items) -> list[Items]:
    return [items[part] for part in cuts(len(items))]


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _skips(items: Items) -> Items:
    """3 and 4 cannot be read, but can be skipped."""
    if {3, 4} & {*items}:
        _kill()
    return items


def _is_barred(items: Items) -> Items:
    """Nothing after 2 can be reached."""
    if max(items) > 2:
        _kill()
    return items


@pytest.mark.slow
@pytest.mark.parametrize(
    ("function", "lost", "jobs"), [(_skips, {3, 4}, 1), (_skips, {3, 4}, 2), (_is_barred, {*range(3, 12)}, 2)]
)
def test_crashing_item_costs_itself_or_all_items_after_it(
    function: Callable[[Items], Items], lost: set[int], jobs: int
) -> None:
    tasks = [tuple(range(12)), (0, 1)]
    answers = list(WorkerPool(function, Workers(jobs=jobs), _parts, is_sequential=lambda _: True).run(tasks))
    crashed = [task for task, answer in answers if isinstance(answer, WorkerCrashed)]
    assert sorted(chain(*crashed)) == sorted(lost)
    assert sorted(chain(*(task for task, _ in answers))) == sorted(chain(*tasks))


@pytest.mark.parametrize("count", [1, 2, 3, 10, 1_000, 100_000])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_number_of_attempts_is_logarithmic(count: int, share: float) -> None:
    crashing, tries = int(count * share), []

    def attempt(items: Items) -> int | WorkerCrashed:
        tries.append(items)
        return WorkerCrashed("barred") if items[-1] >= crashing else len(items)

    everything = tuple(range(count))
    answers = list(Search(attempt, _parts).around(everything, WorkerCrashed("barred")))
    assert sum(answer for _, answer in answers if isinstance(answer, int)) == crashing
    assert sorted(chain(*(task for task, _ in answers))) == list(everything)
    assert len(tries) <= 5 * count.bit_length()


def test_items_that_were_reached_become_their_own_part() -> None:
    assert [(part.start, part.stop) for part in cuts(10, 4)] == [(0, 4), (4, 5), (5, 8), (8, 10)]
    assert [(part.start, part.stop) for part in cuts(10, 10)] == [(0, 9), (9, 10)]
    assert [(part.start, part.stop) for part in cuts(1)] == [(0, 1)]
