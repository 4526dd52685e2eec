"""Member ids -> thumbnails and images, read from archives on request.

One thread collects concurrent requests and reads them container by container in worker processes: a damaged image
affects no other. A page of the browser requests sixty thumbnails at once.
"""

import queue
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from indexer.base.errors import ProjectError
from indexer.base.remote import Root
from indexer.base.workers import WorkerCrashed, WorkerPool, Workers
from indexer.manifest import store
from indexer.reporting.models import MissingThumbnail, Thumbnail, ThumbnailResult
from indexer.reporting.thumbnails import NO_SOURCE, halves, run_task, thumbnail_tasks

_SECONDS = 60.0  # for the thumbnails of one container
_BATCH = 64  # requests at a time
_CACHED = 2_000  # thumbnails in memory
_LARGEST_SEQUENTIAL = 256_000_000  # bytes of a container that is read from its start for a thumbnail
_TOO_LONG = MissingThumbnail("in a solid archive: open the image to read the archive up to it")


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """A request for a thumbnail, or for the image in full size."""

    member_id: int
    full: bool


class ImageReader:
    """Reads requested images in worker processes; :meth:`close` ends its thread."""

    def __init__(self, manifest: Path, roots: Mapping[str, Root], workers: Workers) -> None:
        self._manifest = manifest
        self._roots = roots
        self._workers = workers
        self._queue: queue.SimpleQueue[tuple[ImageRequest, Future[ThumbnailResult]] | None] = queue.SimpleQueue()
        self._cache: OrderedDict[ImageRequest, Thumbnail] = OrderedDict()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def submit(self, request: ImageRequest) -> "Future[ThumbnailResult]":
        """Return the future result of a request; an image that cannot be read is a result with a reason."""
        future: Future[ThumbnailResult] = Future()
        self._queue.put((request, future))
        return future

    def close(self) -> None:
        """Wait for the requests so far, then stop."""
        self._queue.put(None)
        self._thread.join()

    def _serve(self) -> None:
        list(WorkerPool(_start_worker, self._workers).run(range(self._workers.jobs)))
        while batch := self._next_batch():
            waiting = [(request, future) for request, future in batch if future.set_running_or_notify_cancel()]
            try:
                results = self._results({request for request, _ in waiting})
                for request, future in waiting:
                    future.set_result(results[request])
            except Exception as error:  # a bug: raised where the result is awaited, and this thread continues
                for _, future in waiting:
                    future.set_exception(error)

    def _next_batch(self) -> list[tuple[ImageRequest, "Future[ThumbnailResult]"]]:
        """Wait for a request and take those queued after it, up to one batch; empty at the end."""
        batch: list[tuple[ImageRequest, Future[ThumbnailResult]]] = []
        while len(batch) < _BATCH:
            try:
                item = self._queue.get(block=not batch)
            except queue.Empty:
                break
            if item is None:
                self._queue.put(None)  # read again after this batch
                break
            batch.append(item)
        return batch

    def _results(self, requests: set[ImageRequest]) -> dict[ImageRequest, ThumbnailResult]:
        found: dict[ImageRequest, ThumbnailResult] = {one: self._cache[one] for one in requests if one in self._cache}
        missing = sorted(requests - found.keys(), key=lambda one: (one.full, one.member_id))
        for full in (False, True):
            members = [one.member_id for one in missing if one.full is full]
            read = self._read(members, full=full) if members else {}
            found |= {ImageRequest(member, full): result for member, result in read.items()}
        for request, result in found.items():
            if not request.full and isinstance(result, Thumbnail):
                self._cache[request] = result
                self._cache.move_to_end(request)
        while len(self._cache) > _CACHED:
            self._cache.popitem(last=False)
        return found

    def _read(self, members: Sequence[int], *, full: bool) -> dict[int, ThumbnailResult]:
        """Read images in full size for as long as it takes, or thumbnails within a time limit."""
        found: dict[int, ThumbnailResult] = dict.fromkeys(members, NO_SOURCE)
        try:
            with store.open_for_reading(self._manifest) as opened:
                rows = opened.arrow("browse/locations", {"members": list(members)}).to_pylist()
            tasks = []
            for task in thumbnail_tasks(rows, self._roots):
                if full:
                    tasks.append(replace(task, side=None))
                elif task.is_sequential and task.container_size > _LARGEST_SEQUENTIAL:
                    found |= dict.fromkeys((member.key for member in task.members), _TOO_LONG)
                else:
                    tasks.append(replace(task, seconds=_SECONDS))
            for task, answer in WorkerPool(run_task, self._workers, halves).run(tasks):
                found |= task.missing(answer.reason) if isinstance(answer, WorkerCrashed) else answer
        except ProjectError as error:
            return dict.fromkeys(members, MissingThumbnail(str(error)))
        return found


def _start_worker(_: int) -> None:
    """Do nothing: starts a worker process before the first request needs it."""
