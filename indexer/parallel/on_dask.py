"""Workers of a Dask cluster.

The distributed client is called directly: joblib's Dask backend never answers for a task whose workers were killed
(its collector sets the exception and leaves out the callback), so a run would wait for it for ever.
Dask itself runs a lost worker's tasks elsewhere, up to its setting ``distributed.scheduler.allowed-failures``.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from distributed import Client, Future, KilledWorker, as_completed

from indexer.errors import ConfigError
from indexer.parallel.shapes import Died, Workers

Task = TypeVar("Task")
Result = TypeVar("Result")

TASKS_AHEAD = 2  # for each thread of the cluster: enough to keep it busy, few enough to hold in memory
CONNECT_SECONDS = 10


def run(
    function: Callable[[Task], Result], tasks: Iterable[Task], workers: Workers
) -> Iterator[tuple[Task, Result | Died]]:
    """Yield each task with its result as it is done.

    Raises:
        ConfigError: no scheduler answers at ``workers.scheduler``.
    """
    source = iter(tasks)
    with _client(workers) as client:
        ahead = TASKS_AHEAD * max(1, sum(client.nthreads().values()))
        under_way = {_submit(client, function, task): task for task in islice(source, ahead)}
        done = as_completed(list(under_way), raise_errors=False, loop=client.loop)
        for future in done:
            yield under_way.pop(future), _answer(future)
            for task in islice(source, 1):
                follower = _submit(client, function, task)
                under_way[follower] = task
                done.add(follower)


@contextlib.contextmanager
def _client(workers: Workers) -> Iterator[Client]:
    if not workers.scheduler:
        raise ConfigError("--backend dask needs --scheduler, the address that 'dask scheduler' prints: tcp://HOST:8786")
    try:
        client = Client(workers.scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"no Dask scheduler answers at {workers.scheduler}: start one, or mend --scheduler"
        ) from error
    with client:
        yield client


def _submit(client: Client, function: Callable[[Task], Result], task: Task) -> Future:
    return client.submit(function, task, pure=False)


def _answer(future: Future) -> Any:
    if future.status == "finished":
        return future.result()
    error = future.exception()
    if isinstance(error, KilledWorker):
        return Died("ended every Dask worker that tried it")
    raise error
