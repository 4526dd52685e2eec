"""Run a function over parts of work in the threads of one worker.

Threads suffice where most time is spent in reading, hashing and decoding, which release the interpreter's lock.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeAlias, TypeVar

from indexer.base.workers import time_limit

Result = TypeVar("Result")
Run: TypeAlias = Callable[[Callable[[Any], Result], Iterable[Any]], Iterator[Result]]


@contextmanager
def running(threads: int, seconds: float) -> Iterator[Run[Any]]:
    """Yield a function like ``map``. One thread makes each call when its result is taken, several make all at once.

    ``seconds``: with several threads, this worker process ends if a result takes longer.
    """
    if threads == 1:
        yield map
        return
    with ThreadPoolExecutor(threads) as pool:
        yield lambda function, parts: _limited(pool.map(function, parts), seconds)


def _limited(results: Iterator[Result], seconds: float) -> Iterator[Result]:
    missing = object()
    while True:
        with time_limit(seconds):
            result: Any = next(results, missing)
        if result is missing:
            return
        yield result
