"""Read members of containers that stay open between reads: for random access by file_id."""

import os
import resource
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from queue import LifoQueue
from typing import Any, TypeAlias

from indexer.base.errors import BadData
from indexer.containers.located import copy_located, read_located
from indexer.containers.members.answers import Answer
from indexer.containers.models import Access, ArchiveLimits, Container, MemberRef
from indexer.containers.opening import Opened, is_unchanged, opened
from indexer.containers.reading import read_members

_MOST_OPEN = 64  # containers
_MOST_FILES = 256  # volumes of theirs, and at most a quarter of the files that the process may open


class OpenContainers:
    """Up to 64 containers with up to ``most_files`` volumes (by default 256), those used last.

    For one thread at a time. A copy in another process, forked or unpickled, opens its own.
    """

    def __init__(self, limits: ArchiveLimits, most_files: int | None = None) -> None:
        self.limits = limits
        self._most_files = _allowed_files() if most_files is None else most_files
        self._process = os.getpid()
        self._open: OrderedDict[Container, tuple[ExitStack, Opened]] = OrderedDict()

    def read(self, container: Container, members: Sequence[MemberRef]) -> Iterator[Answer]:
        """Yield the key of each member with its bytes, or the reason why it cannot be read.

        Members with sequential access are read by one pass over the container, at each call.

        Raises:
            SourceError: the container is missing or has changed since it was scanned, also since it was opened.
        """
        if any(member.access not in (Access.SLICE, Access.ZIP) for member in members):
            yield from read_members(container, members, self.limits)
            return
        yield from read_located(self._opened(container).window, members, self.limits)

    def copy(
        self, container: Container, members: Sequence[MemberRef], places: Mapping[int, memoryview]
    ) -> Iterator[tuple[int, memoryview | BadData]]:
        """Yield members as :meth:`read`, but read them into their places. All have random access in an archive."""
        return copy_located(self._opened(container).window, members, places, self.limits)

    def close(self) -> None:
        """Close all containers."""
        while self._open:
            self._open.popitem()[1][0].close()

    def _opened(self, container: Container) -> Opened:
        if self._process != os.getpid():  # forked: offsets of remote objects are shared with the parent
            self._process = os.getpid()
            self._open = OrderedDict()
        if container in self._open:
            self._open.move_to_end(container)
            stack, content = self._open[container]
            if is_unchanged(container, content):
                return content
            del self._open[container]
            stack.close()
        stack = ExitStack()
        content = stack.enter_context(opened(container))
        self._open[container] = stack, content
        while len(self._open) > 1 and (len(self._open) > _MOST_OPEN or self._files() > self._most_files):
            self._open.popitem(last=False)[1][0].close()
        return content

    def _files(self) -> int:
        return sum(len(container.volumes) for container in self._open)

    def __getstate__(self) -> dict[str, Any]:
        return {"limits": self.limits, "most_files": self._most_files}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]


def _allowed_files() -> int:
    """Return how many volumes may stay open: most systems allow a process 1,024 files, macOS 256."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST_FILES if allowed == resource.RLIM_INFINITY else min(_MOST_FILES, allowed // 4)


FreeContainers: TypeAlias = "LifoQueue[OpenContainers]"


@contextmanager
def open_for_threads(threads: int, limits: ArchiveLimits) -> Iterator[FreeContainers]:
    """Yield open containers for each thread: a thread takes some while it reads, and puts them back."""
    own = [OpenContainers(limits, _allowed_files() // threads) for _ in range(threads)]
    free: FreeContainers = LifoQueue()
    for containers in own:
        free.put(containers)
    try:
        yield free
    finally:
        for containers in own:
            containers.close()
