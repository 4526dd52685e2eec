"""Run tasks on a Dask cluster.

The distributed client is called directly. joblib's Dask backend never reports a task whose workers were killed: its
collector sets the exception and omits the callback, so a run would wait forever.

Dask runs the tasks of a lost worker elsewhere, up to its setting ``distributed.scheduler.allowed-failures``. It counts
a failure for every task on that worker, so it may give up tasks that only ran next to the crashing one. These suspects
are run again at the end, one at a time.
"""

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from threading import Event, Thread
from typing import Any, TypeVar

from distributed import CancelledError, Client, Future, KilledWorker, as_completed
from distributed.comm import CommClosedError

from indexer.base.errors import ConfigError
from indexer.base.workers.models import WorkerCrashed, Workers

Task = TypeVar("Task")
Result = TypeVar("Result")

TASKS_AHEAD = 2  # per thread of the cluster: enough to keep it busy, and they fit into memory
CONNECT_SECONDS = 10
LOOK_SECONDS = 10
_CRASHED = WorkerCrashed("crashed every Dask worker that ran it")
_log = logging.getLogger(__name__)


def run(
    function: Callable[[Task], Result], tasks: Iterable[Task], workers: Workers
) -> Iterator[tuple[Task, Result | WorkerCrashed]]:
    """Yield each task with its result when it is done.

    Raises:
        ConfigError: no scheduler answers at ``workers.scheduler``, or its connection is lost.
    """
    with _client(workers) as client, _watched(client):
        suspects, answered = [], 0
        for task, answer in _together(client, function, tasks):
            answered += 1
            if isinstance(answer, WorkerCrashed):
                suspects.append(task)
            else:
                yield task, answer
        for task in suspects:
            yield from _together(client, function, [task]) if answered > 1 else [(task, _CRASHED)]


run_isolated = run  # the cluster runs a lost task again by itself


def _together(
    client: Client, function: Callable[[Task], Result], tasks: Iterable[Task]
) -> Iterator[tuple[Task, Result | WorkerCrashed]]:
    source = iter(tasks)
    running: dict[Future, Task] = {}
    done = as_completed(raise_errors=False, loop=client.loop)

    def submit(task: Task) -> None:
        future = client.submit(function, task, pure=False)
        running[future] = task
        done.add(future)

    while True:
        for task in islice(source, _room(client, len(running))):
            submit(task)
        if not running:
            return
        future = next(done)
        task = running.pop(future)
        try:
            answer = _answer(future)
        except CancelledError as error:
            if _has_no_scheduler(error):
                raise
            submit(task)  # its worker was lost before the result was fetched
        else:
            yield task, answer


def _room(client: Client, running: int) -> int:
    """Return how many more tasks to submit; the number of workers changes."""
    threads: int = sum(client.nthreads().values())
    return max(0, TASKS_AHEAD * max(1, threads) - running)


@contextlib.contextmanager
def _client(workers: Workers) -> Iterator[Client]:
    if not workers.scheduler:
        raise ConfigError("--backend dask needs --scheduler, the address that 'dask scheduler' prints: tcp://HOST:8786")
    try:
        client = Client(workers.scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"no Dask scheduler answers at {workers.scheduler}: start one, or correct --scheduler"
        ) from error
    with client:
        try:
            yield client
        except (CancelledError, OSError) as error:
            if client.status == "running" and not isinstance(error, (CancelledError, CommClosedError)):
                raise  # an error of a task
            raise ConfigError(
                f"the Dask scheduler at {workers.scheduler} went away: start one, then run the same command again"
            ) from error


@contextlib.contextmanager
def _watched(client: Client) -> Iterator[None]:
    """Log a warning when no worker is left: Dask waits for the next one silently."""
    over = Event()
    watch = Thread(target=_watch, args=(client, over), daemon=True)
    watch.start()
    try:
        yield
    finally:
        over.set()
        watch.join()


def _watch(client: Client, over: Event) -> None:
    is_empty = False
    while not over.wait(LOOK_SECONDS):
        with contextlib.suppress(OSError, CancelledError):  # the main thread reports a lost scheduler
            was_is_empty, is_empty = is_empty, not client.nthreads()
            if is_empty and not was_is_empty:
                _log.warning("%s has no worker: waiting until one comes", client.scheduler.address)


def _answer(future: Future) -> Any:
    try:
        return future.result()
    except KilledWorker:
        return _CRASHED


def _has_no_scheduler(error: CancelledError) -> bool:
    """Return whether the client cancelled all tasks because its scheduler was lost (``Client._reconnect``)."""
    return getattr(error, "reason", "") == "scheduler-connection-lost"
