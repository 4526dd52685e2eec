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
    remote = ray.remote(max_retries=ATTEMPTS - 1)(function)
    ahead = TASKS_AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)))
    under_way: dict[Any, Task] = {remote.remote(task): task for task in islice(source, ahead)}
    while under_way:
        [reference], _ = ray.wait(list(under_way))
        yield under_way.pop(reference), _answer(reference)
        under_way |= {remote.remote(task): task for task in islice(source, 1)}


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
