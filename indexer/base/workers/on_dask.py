"""Workers of a Dask cluster.

The distributed client is called directly: joblib's Dask backend never answers for a task whose workers were killed
(its collector sets the exception and leaves out the callback), so a run would wait for it for ever.
Dask itself runs a lost worker's tasks elsewhere, up to its setting ``distributed.scheduler.allowed-failures``. It
blames all that was on that worker, so it may give up a task that was but near the killer each time: those suspects are
run again in the end, each alone.
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

TASKS_AHEAD = 2  # for each thread of the cluster: enough to keep it busy, few enough to hold in memory
CONNECT_SECONDS = 10
LOOK_SECONDS = 10
_DIED = WorkerCrashed("ended every Dask worker that tried it")
_log = logging.getLogger(__name__)


def run(
    function: Callable[[Task], Result], tasks: Iterable[Task], workers: Workers
) -> Iterator[tuple[Task, Result | WorkerCrashed]]:
    """Yield each task with its result as it is done.

    Raises:
        ConfigError: no scheduler answers at ``workers.scheduler``, or not any more.
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
            yield from _together(client, function, [task]) if answered > 1 else [(task, _DIED)]


run_suspects = run  # the cluster runs a lost task again by itself


def _together(
    client: Client, function: Callable[[Task], Result], tasks: Iterable[Task]
) -> Iterator[tuple[Task, Result | WorkerCrashed]]:
    source = iter(tasks)
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


@contextlib.contextmanager
def _watched(client: Client) -> Iterator[None]:
    """Tell when no worker is left: Dask waits for the next one without a word."""
    over = Event()
    watch = Thread(target=_watch, args=(client, over), daemon=True)
    watch.start()
    try:
        yield
    finally:
        over.set()
        watch.join()


def _watch(client: Client, over: Event) -> None:
    deserted = False
    while not over.wait(LOOK_SECONDS):
        with contextlib.suppress(OSError, CancelledError):  # whoever waits for answers tells of a lost scheduler
            was_deserted, deserted = deserted, not client.nthreads()
            if deserted and not was_deserted:
                _log.warning("%s has no worker: waiting until one comes", client.scheduler.address)


def _answer(future: Future) -> Any:
    try:
        return future.result()
    except KilledWorker:
        return _DIED


def _has_no_scheduler(error: CancelledError) -> bool:
    """Whether the client gave up all tasks, having lost its scheduler (``Client._reconnect``)."""
    return getattr(error, "reason", "") == "scheduler-connection-lost"
