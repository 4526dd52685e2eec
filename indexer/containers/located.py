"""Read members whose offset is known, out of an open container."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from indexer.base.errors import BadData
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.formats.zip.reading import HEADER_ROOM, Packed, data_position, read_zip_member
from indexer.containers.members.answers import Answer, answers
from indexer.containers.members.checking import checked, lost
from indexer.containers.models import Access, ArchiveLimits, MemberRef

_ZIP = Access.ZIP  # looking it up takes longer than comparing it
_AHEAD = 32  # members that are prefetched while others are read


def read_located(window: ByteRange, members: Sequence[MemberRef], limits: ArchiveLimits) -> Iterator[Answer]:
    """Yield the key of each member, whose offset is known, with its bytes or the reason why it cannot be read."""

    def read(member: MemberRef) -> bytes:
        found = _found(window, member, limits)
        if isinstance(found, Packed):
            return bytes(read_zip_member(window, found))
        offset, size = found
        data = window.read(offset, size)
        if len(data) < size:
            raise lost(window, offset, size, len(data))
        return checked(data, member.crc32)

    return answers(read, _prefetched(window, members))


def copy_located(
    window: ByteRange, members: Sequence[MemberRef], places: Mapping[int, memoryview], limits: ArchiveLimits
) -> Iterator[tuple[int, memoryview | BadData]]:
    """Yield members as :func:`read_located`, but read them into their ``places``, which have their sizes."""

    def copy(member: MemberRef) -> memoryview:
        found, place = _found(window, member, limits), places[member.key]
        if isinstance(found, Packed):
            place[:] = read_zip_member(window, found)
            return place
        offset, size = found
        have = window.read_into(offset, place)
        if have < size:
            raise lost(window, offset, size, have)
        return checked(place, member.crc32)

    return answers(copy, _prefetched(window, members))


def _prefetched(window: ByteRange, members: Sequence[MemberRef]) -> Iterator[MemberRef]:
    """Return ``members``, and prefetch the next ones meanwhile: on a cold disk that is several times as fast."""
    return chain.from_iterable(_batches(window, members))


def _batches(window: ByteRange, members: Sequence[MemberRef]) -> Iterator[Sequence[MemberRef]]:
    if len(members) > 1:
        _prefetch(window, members[:_AHEAD])
    for start in range(0, len(members), _AHEAD):
        _prefetch(window, members[start + _AHEAD : start + 2 * _AHEAD])
        yield members[start : start + _AHEAD]


def _prefetch(window: ByteRange, members: Sequence[MemberRef]) -> None:
    """Prefetch ``members``, unless the last of them is in memory already."""
    if members and not window.is_cached(members[-1].offset or 0):
        window.prefetch([(member.offset or 0, (member.packed_size or 0) + HEADER_ROOM) for member in members])


def _found(window: ByteRange, member: MemberRef, limits: ArchiveLimits) -> tuple[int, int] | Packed:
    """Return offset and size of a member's bytes; if they are packed, the packed member."""
    offset, packed_size, size = member.offset, member.packed_size, member.size
    if offset is None or packed_size is None or size is None:
        raise BadData("no location known", f"{member.access} without an offset or a size")
    if size > limits.member_size:
        raise BadData("over the size limit", f"{size} bytes")
    if member.access is not _ZIP:
        return offset, size
    if member.method == "stored" and packed_size == size:
        return data_position(window, offset), size
    return Packed(offset, packed_size, size, member.method or "stored", member.crc32)
