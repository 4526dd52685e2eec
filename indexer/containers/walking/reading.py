"""Read members with sequential access by a walk through their container."""

import errno
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from indexer.base.errors import BadData
from indexer.containers.members.answers import Answer
from indexer.containers.members.budget import Budget
from indexer.containers.models import ArchiveLimits, Container, MemberBytes
from indexer.containers.opening import Opened
from indexer.containers.walking.levels import ArchiveLevel
from indexer.containers.walking.walk import NESTED_SHIFT, ContainerWalk, WalkFilter

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def read_sequentially(
    container: Container, content: Opened, keys: dict[int, list[int]], limits: ArchiveLimits, scratch: Path | None
) -> Iterator[Answer]:
    """Yield the members of an open container by their ordinals (``keys``), each for all of its keys."""
    level = ArchiveLevel(content.window, container.kind, container.path, starts=content.starts)
    yield from _read(level, keys, limits, scratch)


def _read(
    level: ArchiveLevel, keys: dict[int, list[int]], limits: ArchiveLimits, scratch: Path | None
) -> Iterator[Answer]:
    """Yield members by their ordinals (``keys``) from one walk, which ends behind the last of them.

    Links to members that the walk has passed are read by a second walk. Members that are not met are bad data; so are
    those after an error of the disk.
    """
    entered = {(ordinal >> NESTED_SHIFT) - 1 for ordinal in keys if ordinal >> NESTED_SHIFT}
    walk_filter = WalkFilter(lambda ordinal, _: ordinal in keys, entered.__contains__, limits.member_size)
    walk = ContainerWalk(level.name, Budget(limits, level.content.size or 0), walk_filter, scratch)
    targets: dict[int, list[int]] = {}
    failure: BadData | None = None
    try:
        for item in walk.level(level):
            if isinstance(item, MemberBytes):
                found = keys.pop(item.ordinal, [])
                if item.target is None:
                    yield from ((key, item.data) for key in found)
                else:
                    targets.setdefault(item.target, []).extend(found)
                if not keys:
                    break
    except OSError as error:
        if error.errno in _NO_ROOM:  # of the scratch folder
            raise
        failure = BadData("unreadable", error.strerror or str(error))
    reason = failure or BadData("not found again", walk.health.reason or "")
    yield from ((key, reason) for key in chain.from_iterable(keys.values()))
    if targets:
        yield from _read(level, targets, limits, scratch)
