"""Workers of a Ray cluster.

Ray is called directly: its joblib backend is a pool that cannot hand results over as they come, and that fails as a
whole when a worker dies. Ray itself runs a lost worker's tasks again, ``ATTEMPTS`` times in all.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

import ray
from ray.exceptions import RayTaskError, WorkerCrashedError

from indexer.errors import ConfigError
from indexer.parallel.shapes import Died, Workers

Task = TypeVar("Task")
Result = TypeVar("Result")

ATTEMPTS = 3
TASKS_AHEAD = 2  # for each core of the cluster


def run(
    function: Callable[[Task], Result], tasks: Iterable[Task], workers: Workers
) -> Iterator[tuple[Task, Result | Died]]:
    """Yield each task with its result as it is done.

    Raises:
        ConfigError: no cluster answers at ``workers.scheduler``.
    """
    _connect(workers.scheduler)
    source = iter(tasks)

    def work(task: Task) -> Result:  # Ray takes functions, and nothing that can merely be called
        return function(task)

    remote = ray.remote(max_retries=ATTEMPTS - 1)(work)
    under_way: dict[Any, Task] = {}
    while True:
        under_way |= {remote.remote(task): task for task in islice(source, _room(len(under_way)))}
        if not under_way:
            return
        [reference], _ = ray.wait(list(under_way))
        yield under_way.pop(reference), _answer(reference)


def _room(under_way: int) -> int:
    """How many tasks more to hand out; asked each time, as workers come and go."""
    cores = int(ray.cluster_resources().get("CPU", 1))
    return max(0, TASKS_AHEAD * max(1, cores) - under_way)


def _connect(scheduler: str | None) -> None:
    if ray.is_initialized():
        return
    try:
        ray.init(address=scheduler, log_to_driver=False, logging_level=logging.ERROR, include_dashboard=False)
    except (ConnectionError, ValueError) as error:
        raise ConfigError(f"no Ray cluster answers at {scheduler}: start one, or mend --scheduler") from error


def _answer(reference: Any) -> Any:
    try:
        return ray.get(reference)
    except WorkerCrashedError:
        return Died("ended every Ray worker that tried it")
    except RayTaskError as error:
        raise error.cause from error
