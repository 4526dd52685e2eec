"""A container and wanted members -> their bytes."""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from indexer.base.errors import BadData
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.formats.zip.reading import Packed, checked, read_zip_member
from indexer.containers.kinds import function_of
from indexer.containers.members.answers import Answer, answer
from indexer.containers.members.budget import Budget
from indexer.containers.models import Access, ArchiveLimits, Container, MemberBytes, MemberRef
from indexer.containers.opening import opened
from indexer.containers.walking.levels import ArchiveLevel
from indexer.containers.walking.walk import NESTED_SHIFT, ContainerWalk, WalkFilter

_AHEAD = 32


def read_members(
    container: Container, wanted: Sequence[MemberRef], limits: ArchiveLimits, scratch: Path | None = None
) -> Iterator[Answer]:
    """The key of each wanted member with its bytes, or with the reason why it has none.

    Members that are reached at will come in the order given; then, in the container's order, those that take a pass:
    all of them in one. Raises SourceError where the container has vanished or changed since it was scanned.
    """
    reads = function_of(container.kind, "reads")
    if reads is not None:
        yield from reads(container, wanted, limits)
    else:
        yield from _read_archive(container, wanted, limits, scratch)


def _read_archive(
    container: Container, wanted: Sequence[MemberRef], limits: ArchiveLimits, scratch: Path | None
) -> Iterator[Answer]:
    passed = [member for member in wanted if member.access is Access.SEQUENTIAL]
    with opened(container) as content:
        at_will = [member for member in wanted if member.access is not Access.SEQUENTIAL]
        for member in _announced(content.window, at_will):
            yield member.key, answer(_read_at_will, content.window, member, limits)
        if passed:
            level = ArchiveLevel(content.window, container.kind, container.path, starts=content.starts)
            yield from _pass(level, passed, limits, scratch)


def _announced(window: ByteRange, wanted: Sequence[MemberRef]) -> Iterator[MemberRef]:
    """``wanted``, while the disk is told of those that come next: cold, that is several times as fast."""
    _announce(window, wanted[:_AHEAD])
    for start in range(0, len(wanted), _AHEAD):
        _announce(window, wanted[start + _AHEAD : start + 2 * _AHEAD])
        yield from wanted[start : start + _AHEAD]


def _announce(window: ByteRange, coming: Sequence[MemberRef]) -> None:
    """Have the disk fetch what is coming, unless the last of it is in memory already."""
    if coming and not window.is_at_hand(coming[-1].offset or 0):
        window.expect([(member.offset or 0, (member.packed_size or 0) + 512) for member in coming])


def _read_at_will(window: ByteRange, member: MemberRef, limits: ArchiveLimits) -> bytes:
    offset, packed_size, size = member.offset, member.packed_size, member.size
    if offset is None or packed_size is None or size is None:
        raise BadData("no place known", f"{member.access} without an offset or a size")
    if size > limits.member_size:
        raise BadData("over the size limit", f"{size} bytes")
    if member.access is Access.ZIP:
        return read_zip_member(window, Packed(offset, packed_size, size, member.method or "stored", member.crc32))
    data = window.read(offset, size)
    if len(data) < size:
        raise BadData("truncated", f"{size} bytes declared, {len(data)} there")
    return checked(data, member.crc32)


def _pass(
    level: ArchiveLevel, wanted: Sequence[MemberRef], limits: ArchiveLimits, scratch: Path | None
) -> Iterator[Answer]:
    """One walk that reads all of ``wanted`` and ends behind the last; what it did not meet is bad data."""
    keys: dict[int, list[int]] = {}
    for member in wanted:
        keys.setdefault(member.ordinal, []).append(member.key)
    entered = {(ordinal >> NESTED_SHIFT) - 1 for ordinal in keys if ordinal >> NESTED_SHIFT}
    interest = WalkFilter(lambda ordinal, _: ordinal in keys, entered.__contains__, limits.member_size)
    walk = ContainerWalk(level.name, Budget(limits, level.content.size or 0), interest, scratch)
    for item in walk.level(level):
        if isinstance(item, MemberBytes):
            yield from ((key, item.data) for key in keys.pop(item.ordinal, ()))
            if not keys:
                return
    reason = BadData("not found again", walk.health.reason or "")
    yield from ((key, reason) for key in chain.from_iterable(keys.values()))
