"""Read members of a container."""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from indexer.containers.kinds import function_of
from indexer.containers.located import read_located
from indexer.containers.members.answers import Answer
from indexer.containers.models import Access, ArchiveLimits, Container, MemberRef
from indexer.containers.opening import opened

_SEQUENTIAL = Access.SEQUENTIAL  # looking it up takes longer than comparing it


def read_members(
    container: Container, members: Sequence[MemberRef], limits: ArchiveLimits, scratch: Path | None = None
) -> Iterator[Answer]:
    """Yield the key of each member with its bytes, or with the reason why it cannot be read.

    Members with random access come first, in the given order. Those with sequential access follow in the container's
    order: one pass over the container reads them all.

    Args:
        container: where the members are.
        members: the members to read; their keys may repeat.
        limits: budgets for sizes and unpacking.
        scratch: the folder for nested archives that must be unpacked; None is the system's temporary folder.

    Raises:
        SourceError: the container is missing or has changed since it was scanned.
    """
    reads = function_of(container.kind, "reads")
    if reads is None:
        return _read_archive(container, members, limits, scratch) if members else iter(())
    own = [member for member in members if member.access in (Access.FILE, Access.CELL)]
    others = [member for member in members if member.access not in (Access.FILE, Access.CELL)]
    return chain(
        _read_archive(container, others, limits, scratch) if others else (),
        reads(container, own, limits) if own else (),
    )


def _read_archive(
    container: Container, members: Sequence[MemberRef], limits: ArchiveLimits, scratch: Path | None
) -> Iterator[Answer]:
    sequential = [member for member in members if member.access is _SEQUENTIAL]
    located = [member for member in members if member.access is not _SEQUENTIAL] if sequential else members
    with opened(container) as content:
        yield from read_located(content.window, located, limits)
        if sequential:
            from indexer.containers.walking.reading import read_sequentially  # noqa: PLC0415 - 20 modules, few need it

            keys: dict[int, list[int]] = {}
            for member in sequential:
                keys.setdefault(member.ordinal, []).append(member.key)
            yield from read_sequentially(container, content, keys, limits, scratch)
