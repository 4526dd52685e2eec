"""Run tasks on a Ray cluster.

Ray is called directly: its joblib backend cannot return results one by one, and fails completely if a worker crashes.
Ray runs the tasks of a lost worker again, ``ATTEMPTS`` times in total.
"""

import contextlib
import logging
import math
import re
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

import ray
from ray.exceptions import (
    LocalRayletDiedError,
    NodeDiedError,
    OutOfMemoryError,
    RaySystemError,
    RayTaskError,
    RpcError,
    WorkerCrashedError,
)

from indexer.base.errors import ConfigError, DependencyError
from indexer.base.workers.models import WorkerCrashed, Workers

Task = TypeVar("Task")
Result = TypeVar("Result")

ATTEMPTS = 3
TASKS_AHEAD = 2  # per core of the cluster
CONNECT_SECONDS = 10
# Ray itself would end this process a minute after its head is lost, with its own message and status 1.
COUNT_SECONDS = 30
LOOK_SECONDS = 5
PATIENCE = 30


def run(
    function: Callable[[Task], Result], tasks: Iterable[Task], workers: Workers
) -> Iterator[tuple[Task, Result | WorkerCrashed]]:
    """Yield each task with its result when it is done.

    Raises:
        ConfigError: no cluster answers at ``workers.scheduler``, or its connection is lost.
        DependencyError: ``ray://`` needs the Ray client, which is not installed.
    """
    head = _connect(workers.scheduler)
    source, cores = iter(tasks), _Cores(head)

    def work(task: Task) -> Result:  # Ray accepts functions only, not other callables
        return function(task)

    remote = ray.remote(max_retries=ATTEMPTS - 1)(work)
    running: dict[Any, Task] = {}
    while True:
        with _attached(workers.scheduler):
            running |= {remote.remote(task): task for task in islice(source, cores.room(len(running)))}
        if not running:
            return
        with _attached(workers.scheduler):
            reference = _done(list(running), head)
        yield running.pop(reference), _answer(reference, workers.scheduler)


run_isolated = run  # the cluster runs a lost task again by itself


class _Cores:
    """The cores of the cluster. Their number changes; each query is a request to the head, so it is cached."""

    def __init__(self, head: str | None) -> None:
        self._head = head
        self._count, self._until = 1, -math.inf

    def room(self, running: int) -> int:
        """Return how many more tasks to submit."""
        if time.monotonic() > self._until:
            _wait_for_head(self._head)
            self._count = max(1, int(ray.cluster_resources().get("CPU", 1)))
            self._until = time.monotonic() + COUNT_SECONDS
        return max(0, TASKS_AHEAD * self._count - running)


def _done(references: list[Any], head: str | None) -> Any:
    while True:
        done, _ = ray.wait(references, timeout=LOOK_SECONDS)
        if done:
            return done[0]
        _wait_for_head(head)


def _connect(scheduler: str | None) -> str | None:
    """Connect once per process; return the address of the head if it has to be watched."""
    with _refused(scheduler):
        if scheduler and re.fullmatch(r"(?:ray://)?[^/]+:\d+", scheduler) and not _listens(scheduler):
            raise ConnectionError(f"{scheduler} refuses")
        if not ray.is_initialized():
            ray.init(address=scheduler, log_to_driver=False, logging_level=logging.ERROR, include_dashboard=False)
    return None if (scheduler or "").startswith("ray://") else ray.get_runtime_context().gcs_address


@contextlib.contextmanager
def _refused(scheduler: str | None) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise DependencyError(
            f"--scheduler {scheduler} needs 'ray[client]': pip install 'image-manifest[ray]'"
        ) from error
    except (ConnectionError, ValueError) as error:
        raise ConfigError(
            f"no Ray cluster answers at {scheduler}: start one, or correct --scheduler; one that was started with a"
            " token needs RAY_AUTH_MODE=token"
        ) from error


@contextlib.contextmanager
def _attached(scheduler: str | None) -> Iterator[None]:
    """Report a lost cluster; errors of tasks pass unchanged."""
    try:
        yield
    except RayTaskError:
        raise
    except _lost() as error:
        raise ConfigError(
            f"the Ray cluster at {scheduler or 'this machine'} went away: start one, then run the same command again"
        ) from error


def _lost() -> tuple[type[BaseException], ...]:
    grpc = sys.modules.get("grpc")  # only ray:// loads it
    return LocalRayletDiedError, RaySystemError, RpcError, ConnectionError, *([grpc.RpcError] if grpc else [])


def _wait_for_head(head: str | None) -> None:
    """Wait for a head that does not answer. Raises ConnectionError after ``PATIENCE`` seconds."""
    until = time.monotonic() + PATIENCE
    while head and not _listens(head):
        if time.monotonic() > until:
            raise ConnectionError(f"{head} does not answer")
        time.sleep(1)


def _listens(address: str) -> bool:
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except OSError:
        return False
    return True


def _answer(reference: Any, scheduler: str | None) -> Any:
    try:
        with _attached(scheduler):
            return ray.get(reference)
    except (WorkerCrashedError, NodeDiedError, OutOfMemoryError):
        return WorkerCrashed("crashed every Ray worker that ran it")
    except RayTaskError as error:
        raise error.cause from error
