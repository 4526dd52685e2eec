"""Member ids -> pictures, read out of archives while somebody looks.

One thread gathers what is asked for at the same time and has it read container by container, by workers that may die:
a damaged image costs its own picture. A page of a browser asks for sixty thumbnails at once.
"""

import queue
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from indexer.base.errors import ProjectError
from indexer.base.remote import Root
from indexer.base.workers import WorkerCrashed, WorkerPool, Workers
from indexer.containers.models import Access
from indexer.manifest import store
from indexer.reporting.models import Picture, Unshown
from indexer.reporting.originals import ThumbnailTask, draw, halves, sittings

_SECONDS = 60.0
_AT_ONCE = 64
_KEPT = 2_000
_LARGEST_PASS = 256_000_000  # bytes of a container that is passed through for a thumbnail
_TOO_LONG = Unshown("in a solid archive: open it to read through to it")


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """A picture that is asked for: a thumbnail, or the image in full."""

    member_id: int
    full: bool


class Viewer:
    """Answers with pictures; :meth:`close` ends its thread."""

    def __init__(self, manifest: Path, roots: Mapping[str, Root], workers: Workers) -> None:
        self._manifest = manifest
        self._roots = roots
        self._workers = workers
        self._asked: queue.SimpleQueue[tuple[ImageRequest, Future[Picture]] | None] = queue.SimpleQueue()
        self._kept: OrderedDict[ImageRequest, Picture] = OrderedDict()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def ask(self, asked: ImageRequest) -> "Future[Picture]":
        """A picture to come; never fails, but may say why there is none."""
        future: Future[Picture] = Future()
        self._asked.put((asked, future))
        return future

    def close(self) -> None:
        """Stop when what was asked for is answered."""
        self._asked.put(None)
        self._thread.join()

    def _serve(self) -> None:
        list(WorkerPool(_ready, self._workers).run(range(self._workers.jobs)))
        while together := self._gather():
            waiting = [(asked, future) for asked, future in together if future.set_running_or_notify_cancel()]
            try:
                pictures = self._pictures({asked for asked, _ in waiting})
                for asked, future in waiting:
                    future.set_result(pictures[asked])
            except Exception as error:  # a bug: whoever asked raises it, and the thread goes on
                for _, future in waiting:
                    future.set_exception(error)

    def _gather(self) -> list[tuple[ImageRequest, "Future[Picture]"]]:
        """The next that is asked for, with all that is waiting behind it, up to a screenful; nothing at the end."""
        together: list[tuple[ImageRequest, Future[Picture]]] = []
        while len(together) < _AT_ONCE:
            try:
                one = self._asked.get(block=not together)
            except queue.Empty:
                break
            if one is None:
                self._asked.put(None)  # the end is met again when this is answered
                break
            together.append(one)
        return together

    def _pictures(self, asked: set[ImageRequest]) -> dict[ImageRequest, Picture]:
        found = {one: self._kept[one] for one in asked if one in self._kept}
        missing = sorted(asked - found.keys(), key=lambda one: (one.full, one.member_id))
        for full in (False, True):
            members = [one.member_id for one in missing if one.full is full]
            drawn = self._drawn(members, full=full) if members else {}
            found |= {ImageRequest(member, full): picture for member, picture in drawn.items()}
        self._keep(found)
        return found

    def _drawn(self, members: Sequence[int], *, full: bool) -> dict[int, Picture]:
        found: dict[int, Picture] = {member: Unshown("its source is not on this machine") for member in members}
        try:
            waiting = list(sittings(self._rows(members), self._roots))
            long = [sitting for sitting in waiting if not full and _is_long(sitting)]
            found |= {one.key: _TOO_LONG for sitting in long for one in sitting.wanted}
            tasks = [_bounded(sitting, full=full) for sitting in waiting if sitting not in long]
            for task, answer in WorkerPool(draw, self._workers, halves).run(tasks):
                found |= _dead(task, answer) if isinstance(answer, WorkerCrashed) else dict(answer)
        except ProjectError as error:
            return {member: Unshown(str(error)) for member in members}
        return found

    def _rows(self, members: Sequence[int]) -> list[dict[str, Any]]:
        with store.open_for_reading(self._manifest) as opened:
            return list(opened.arrow("browse/wanted", {"members": list(members)}).to_pylist())

    def _keep(self, found: Mapping[ImageRequest, Picture]) -> None:
        """Remember the latest thumbnails; full images are read anew."""
        for asked, picture in found.items():
            if not asked.full and not isinstance(picture, Unshown):
                self._kept[asked] = picture
                self._kept.move_to_end(asked)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)


def _ready(_: int) -> None:
    """Nothing: a worker that has done it has started, and nobody needs to wait for that later."""


def _is_long(sitting: ThumbnailTask) -> bool:
    passes = any(one.access is Access.SEQUENTIAL for one in sitting.wanted)
    return passes and sum(volume.size for volume in sitting.container.volumes) > _LARGEST_PASS


def _bounded(sitting: ThumbnailTask, *, full: bool) -> ThumbnailTask:
    """The task as somebody waits for it: a thumbnail soon or never, an image in full for as long as it takes."""
    return replace(sitting, side=None) if full else replace(sitting, seconds=_SECONDS)


def _dead(sitting: ThumbnailTask, died: WorkerCrashed) -> dict[int, Picture]:
    return {one.key: Unshown(died.reason) for one in sitting.wanted}
