"""Member ids -> thumbnails and images, read from archives on request.

One thread collects concurrent requests for thumbnails and reads them container by container in worker processes: a
damaged image affects no other. A page of the browser requests sixty thumbnails at once. A second thread reads images in
full size, one at a time, so that a slow one delays no thumbnail.
"""

import queue
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from indexer.base.errors import ProjectError
from indexer.base.remote import Root
from indexer.base.workers import WorkerCrashed, WorkerPool, Workers
from indexer.manifest import store
from indexer.reporting.models import MissingThumbnail, Thumbnail, ThumbnailResult
from indexer.reporting.thumbnails import NO_SOURCE, ThumbnailTask, halves, run_task, thumbnail_tasks

_SECONDS = 60.0  # for the thumbnails of one container
_BATCH = 64  # thumbnails at a time
_CACHED = 64_000_000  # bytes of thumbnails in memory
_LARGEST_IMAGE = 256_000_000  # bytes of an image in full size
_LARGEST_SEQUENTIAL = 256_000_000  # bytes of a container that is read from its start for a thumbnail


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """A request for a thumbnail, or for the image in full size."""

    member_id: int
    full: bool


_Queued = tuple[ImageRequest, "Future[ThumbnailResult]"]


class ImageReader:
    """Reads requested images in worker processes; :meth:`close` ends its threads."""

    def __init__(self, manifest: Path, roots: Mapping[str, Root], workers: Workers) -> None:
        self._manifest = manifest
        self._roots = roots
        self._workers = workers
        self._cache: OrderedDict[ImageRequest, Thumbnail] = OrderedDict()
        self._cached = 0
        self._queues: dict[bool, queue.SimpleQueue[_Queued | None]] = {
            full: queue.SimpleQueue() for full in (False, True)
        }
        self._threads = [
            threading.Thread(target=self._serve, args=(waiting, 1 if full else _BATCH), daemon=True)
            for full, waiting in self._queues.items()
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, request: ImageRequest) -> "Future[ThumbnailResult]":
        """Return the future result of a request; an image that cannot be read is a result with a reason."""
        future: Future[ThumbnailResult] = Future()
        self._queues[request.full].put((request, future))
        return future

    def close(self) -> None:
        """Wait for the requests so far, then stop."""
        for waiting in self._queues.values():
            waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self, source: "queue.SimpleQueue[_Queued | None]", size: int) -> None:
        if size > 1:
            list(WorkerPool(_start_worker, self._workers).run(range(self._workers.jobs)))
        while batch := _next_batch(source, size):
            waiting = _by_request(batch)
            try:
                for request, result in self._results(set(waiting)):
                    for future in waiting.pop(request, ()):
                        future.set_result(result)
            except Exception as error:  # a bug: raised where the result is awaited, and this thread continues
                for future in chain.from_iterable(waiting.values()):
                    future.set_exception(error)

    def _results(self, requests: set[ImageRequest]) -> Iterator[tuple[ImageRequest, ThumbnailResult]]:
        """Yield each request with its result, as soon as it is known."""
        for request in requests & self._cache.keys():
            self._cache.move_to_end(request)
            yield request, self._cache[request]
        missing = requests - self._cache.keys()
        for full in {one.full for one in missing}:
            for member, result in self._read([one.member_id for one in missing], full=full):
                if not full and isinstance(result, Thumbnail):
                    self._keep(ImageRequest(member, full), result)
                yield ImageRequest(member, full), result

    def _keep(self, request: ImageRequest, result: Thumbnail) -> None:
        self._cache[request] = result
        self._cached += len(result.data)
        while self._cached > _CACHED:
            _, removed = self._cache.popitem(last=False)
            self._cached -= len(removed.data)

    def _read(self, members: Sequence[int], *, full: bool) -> Iterator[tuple[int, ThumbnailResult]]:
        """Read images in full size for as long as it takes, or thumbnails within a time limit."""
        left = set(members)
        try:
            with store.open_for_reading(self._manifest) as opened:
                rows = opened.arrow("browse/locations", {"members": sorted(members)}).to_pylist()
            tasks = []
            for task in thumbnail_tasks(rows, self._roots):
                refused = _refused(task, rows) if full else _too_long(task)
                if refused:
                    left.difference_update(member.key for member in task.members)
                    yield from task.missing(refused).items()
                else:
                    tasks.append(replace(task, side=None) if full else replace(task, seconds=_SECONDS))
            for task, answer in WorkerPool(run_task, self._workers, halves).run(tasks):
                found = task.missing(answer.reason) if isinstance(answer, WorkerCrashed) else answer
                left.difference_update(found)
                yield from found.items()
        except ProjectError as error:
            yield from ((member, MissingThumbnail(str(error))) for member in left)
        else:
            yield from ((member, NO_SOURCE) for member in left)


def _by_request(batch: Iterable[_Queued]) -> dict[ImageRequest, "list[Future[ThumbnailResult]]"]:
    """Return the futures that are not cancelled."""
    waiting: dict[ImageRequest, list[Future[ThumbnailResult]]] = {}
    for request, future in batch:
        if future.set_running_or_notify_cancel():
            waiting.setdefault(request, []).append(future)
    return waiting


def _next_batch(source: "queue.SimpleQueue[_Queued | None]", size: int) -> list[_Queued]:
    """Wait for a request and take those queued after it, up to ``size``; empty at the end."""
    batch: list[_Queued] = []
    while len(batch) < size:
        try:
            item = source.get(block=not batch)
        except queue.Empty:
            break
        if item is None:
            source.put(None)  # read again after this batch
            break
        batch.append(item)
    return batch


def _too_long(task: ThumbnailTask) -> str:
    """Return the reason why a thumbnail is not read."""
    if task.is_sequential and task.container_size > _LARGEST_SEQUENTIAL:
        return "in a solid archive: open the image to read the archive up to it"
    return ""


def _refused(task: ThumbnailTask, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the reason why an image is not read in full size."""
    keys = {member.key for member in task.members}
    largest = max(row["size"] or 0 for row in rows if row["key"] in keys)
    return f"larger than {_LARGEST_IMAGE // 1_000_000} MB" if largest > _LARGEST_IMAGE else ""


def _start_worker(_: int) -> None:
    """Do nothing: starts a worker process before the first request needs it."""
