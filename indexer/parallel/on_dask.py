"""Workers of a Dask cluster.

The distributed client is called directly: joblib's Dask backend never answers for a task whose workers were killed
(its collector sets the exception and leaves out the callback), so a run would wait for it for ever.
Dask itself runs a lost worker's tasks elsewhere, up to its setting ``distributed.scheduler.allowed-failures``.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from distributed import CancelledError, Client, Future, KilledWorker, as_completed
from distributed.comm import CommClosedError

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
        ConfigError: no scheduler answers at ``workers.scheduler``, or not any more.
    """
    source = iter(tasks)
    with _client(workers) as client:
        under_way: dict[Future, Task] = {}
        done = as_completed(raise_errors=False, loop=client.loop)

        def hand_out(task: Task) -> None:
            future = client.submit(function, task, pure=False)
            under_way[future] = task
            done.add(future)

        while True:
            for task in islice(source, _room(client, len(under_way))):
                hand_out(task)
            if not under_way:
                return
            future = next(done)
            task = under_way.pop(future)
            try:
                answer = _answer(future)
            except CancelledError as error:
                if _has_no_scheduler(error):
                    raise
                hand_out(task)  # its worker died with the result, before anybody had asked for that
            else:
                yield task, answer


def _room(client: Client, under_way: int) -> int:
    """How many tasks more to hand out; asked each time, as workers come and go."""
    threads: int = sum(client.nthreads().values())
    return max(0, TASKS_AHEAD * max(1, threads) - under_way)


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
        try:
            yield client
        except (CancelledError, OSError) as error:
            if client.status == "running" and not isinstance(error, (CancelledError, CommClosedError)):
                raise  # a task's own
            raise ConfigError(
                f"the Dask scheduler at {workers.scheduler} went away: start one, then run the same command again"
            ) from error


def _answer(future: Future) -> Any:
    try:
        return future.result()
    except KilledWorker:
        return Died("ended every Dask worker that tried it")


def _has_no_scheduler(error: CancelledError) -> bool:
    """Whether the client gave up all tasks, having lost its scheduler (``Client._reconnect``)."""
    return getattr(error, "reason", "") == "scheduler-connection-lost"
