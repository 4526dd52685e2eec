"""Read members of a container."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from indexer.base.errors import BadData
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.formats.zip.reading import HEADER_ROOM, Packed, checked, data_position, read_zip_member
from indexer.containers.kinds import function_of
from indexer.containers.members.answers import Answer, answer
from indexer.containers.models import Access, ArchiveLimits, Container, MemberRef
from indexer.containers.opening import opened

_AHEAD = 32  # members that are prefetched while others are read


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
    located = [member for member in members if reads is None or member.access not in (Access.FILE, Access.CELL)]
    if located:
        yield from _read_archive(container, located, limits, scratch)
    if reads is not None and len(located) < len(members):
        own = [member for member in members if member.access in (Access.FILE, Access.CELL)]
        yield from reads(container, own, limits)


def _read_archive(
    container: Container, members: Sequence[MemberRef], limits: ArchiveLimits, scratch: Path | None
) -> Iterator[Answer]:
    sequential = [member for member in members if member.access is Access.SEQUENTIAL]
    with opened(container) as content:
        located = [member for member in members if member.access is not Access.SEQUENTIAL]
        for member in prefetched(content.window, located):
            yield member.key, answer(read_located, content.window, member, limits)
        if sequential:
            from indexer.containers.walking.reading import read_sequentially  # noqa: PLC0415 - 20 modules, few need it

            keys: dict[int, list[int]] = {}
            for member in sequential:
                keys.setdefault(member.ordinal, []).append(member.key)
            yield from read_sequentially(container, content, keys, limits, scratch)


def prefetched(window: ByteRange, members: Sequence[MemberRef]) -> Iterator[MemberRef]:
    """Yield ``members``, and prefetch the next ones meanwhile: on a cold disk that is several times as fast."""
    _prefetch(window, members[:_AHEAD])
    for start in range(0, len(members), _AHEAD):
        _prefetch(window, members[start + _AHEAD : start + 2 * _AHEAD])
        yield from members[start : start + _AHEAD]


def _prefetch(window: ByteRange, members: Sequence[MemberRef]) -> None:
    """Prefetch ``members``, unless the last of them is in memory already."""
    if members and not window.is_cached(members[-1].offset or 0):
        window.prefetch([(member.offset or 0, (member.packed_size or 0) + HEADER_ROOM) for member in members])


def read_located(window: ByteRange, member: MemberRef, limits: ArchiveLimits) -> bytes:
    """Return the bytes of a member whose offset is known. Raises BadData, OSError."""
    found = _located(member, limits)
    if member.access is Access.ZIP:
        return read_zip_member(window, found)
    data = window.read(found.offset, found.size)
    if len(data) < found.size:
        raise _truncated(found.size, len(data))
    return checked(data, member.crc32)


def read_located_into(
    window: ByteRange, member: MemberRef, target: memoryview, limits: ArchiveLimits
) -> bytes | memoryview:
    """Read a member whose offset is known into ``target``, which has its size. Raises as :func:`read_located`."""
    found = _located(member, limits)
    if member.access is Access.ZIP and not (found.method == "stored" and found.packed_size == found.size):
        target[:] = read_zip_member(window, found)
        return target
    start = data_position(window, found) if member.access is Access.ZIP else found.offset
    have = window.read_into(start, target)
    if have < found.size:
        raise _truncated(found.size, have)
    return checked(target, member.crc32)


def _located(member: MemberRef, limits: ArchiveLimits) -> Packed:
    offset, packed_size, size = member.offset, member.packed_size, member.size
    if offset is None or packed_size is None or size is None:
        raise BadData("no location known", f"{member.access} without an offset or a size")
    if size > limits.member_size:
        raise BadData("over the size limit", f"{size} bytes")
    return Packed(offset, packed_size, size, member.method or "stored", member.crc32)


def _truncated(size: int, found: int) -> BadData:
    return BadData("truncated", f"{size} bytes declared, {found} found")
