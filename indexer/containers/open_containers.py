"""Read members of containers that stay open between reads: for random access by file_id."""

import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

from indexer.containers.located import read_located
from indexer.containers.members.answers import Answer
from indexer.containers.models import Access, ArchiveLimits, Container, MemberRef
from indexer.containers.opening import Opened, opened
from indexer.containers.reading import read_members

_MOST_OPEN = 64


class OpenContainers:
    """Up to 64 containers, those used last. A copy in another process, forked or unpickled, opens its own."""

    def __init__(self, limits: ArchiveLimits) -> None:
        self._limits = limits
        self._process = os.getpid()
        self._open: OrderedDict[Container, tuple[ExitStack, Opened]] = OrderedDict()

    def read(self, container: Container, members: Sequence[MemberRef]) -> Iterator[Answer]:
        """Yield the key of each member with its bytes, or the reason why it cannot be read.

        Members with sequential access are read by one pass over the container, at each call.

        Raises:
            SourceError: the container is missing or has changed since it was scanned.
        """
        if any(member.access not in (Access.SLICE, Access.ZIP) for member in members):
            yield from read_members(container, members, self._limits)
            return
        yield from read_located(self._opened(container).window, members, self._limits)

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
            return self._open[container][1]
        stack = ExitStack()
        content = stack.enter_context(opened(container))
        self._open[container] = stack, content
        if len(self._open) > _MOST_OPEN:
            self._open.popitem(last=False)[1][0].close()
        return content

    def __getstate__(self) -> dict[str, Any]:
        return {"_limits": self._limits}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["_limits"])  # type: ignore[misc]
