"""A container and wanted members -> their bytes."""

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from indexer.base.errors import BadData, SourceError
from indexer.base.remote import Object, Url, is_there
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.formats.zip.reading import Packed, checked, read_zip_member
from indexer.containers.members.budget import Budget
from indexer.containers.models import Access, ArchiveLimits, Container, Kind, MemberRef
from indexer.containers.opening import opened
from indexer.containers.tabular.reading import read_cells
from indexer.containers.walking.levels import ArchiveLevel
from indexer.containers.walking.walk import NESTED_SHIFT, ContainerWalk, WalkedMember, WalkFilter

_AHEAD = 32

Answer: TypeAlias = tuple[int, bytes | BadData]


def read_members(
    container: Container, wanted: Sequence[MemberRef], limits: ArchiveLimits, scratch: Path | None = None
) -> Iterator[Answer]:
    """The key of each wanted member with its bytes, or with the reason why it has none.

    Members that are reached at will come in the order given; then, in the container's order, those that take a pass:
    all of them in one. Raises SourceError where the container has vanished or changed since it was scanned.
    """
    if container.kind not in READERS:
        raise SourceError(f"{container.root / container.path}: no reader for {container.kind}")
    yield from READERS[container.kind](container, wanted, limits, scratch)


def _read_archive(
    container: Container, wanted: Sequence[MemberRef], limits: ArchiveLimits, scratch: Path | None
) -> Iterator[Answer]:
    passed = [member for member in wanted if member.access is Access.SEQUENTIAL]
    with opened(container) as content:
        at_will = [member for member in wanted if member.access is not Access.SEQUENTIAL]
        for member in _announced(content.window, at_will):
            yield member.key, _answer(_read_at_will, content.window, member, limits)
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


def _answer(read: Callable[..., bytes], *arguments: object) -> bytes | BadData:
    """What ``read`` gives, or what is wrong with it. A disk that fails is bad data of this member only."""
    try:
        return read(*arguments)
    except BadData as error:
        return error
    except OSError as error:
        return BadData("unreadable", error.strerror or str(error))


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
        if isinstance(item, WalkedMember):
            yield from ((key, item.data) for key in keys.pop(item.ordinal, ()))
            if not keys:
                return
    reason = BadData("not found again", walk.health.reason or "")
    yield from ((key, reason) for key in chain.from_iterable(keys.values()))


def _read_folder(
    container: Container,
    wanted: Sequence[MemberRef],
    limits: ArchiveLimits,
    scratch: Path | None,  # noqa: ARG001
) -> Iterator[Answer]:
    if not (container.root.is_dir() and is_there(container.root)):
        raise SourceError(f"{container.root}: is no folder, or an empty one; bring it back, or correct local.cfg")
    if isinstance(container.root, Url):
        for member in wanted:
            yield member.key, _answer(_read_object, container.root / member.path, member.size, limits)
        return
    root = str(container.root)  # as text: a path object a member takes as long as opening the file
    for member in wanted:
        yield member.key, _answer(_read_file, f"{root}/{member.path}", member.size, limits)


def _read_file(path: str, size: int | None, limits: ArchiveLimits) -> bytes:
    """All of a loose file, which must have the size that it had. Raises BadData, OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor).st_size
        _check_size(found, size, limits)
        return _read_all(descriptor, found)
    finally:
        os.close(descriptor)


def _read_all(descriptor: int, size: int) -> bytes:
    """The file's ``size`` bytes, in one call where they are below 2 GiB."""
    data = os.read(descriptor, size)
    while len(data) < size and (more := os.read(descriptor, size - len(data))):
        data += more
    return data


def _read_object(url: Url, size: int | None, limits: ArchiveLimits) -> bytes:
    """The same of an object. Raises BadData, OSError, SourceError."""
    found = url.stat().st_size
    _check_size(found, size, limits)
    return Object(url, found).read(0, found)


def _check_size(found: int, size: int | None, limits: ArchiveLimits) -> None:
    if size is not None and found != size:
        raise BadData("changed since the scan", f"{size} bytes then, {found} now")
    if found > limits.member_size:
        raise BadData("over the size limit", f"{found} bytes")


def _read_table(
    container: Container,
    wanted: Sequence[MemberRef],
    limits: ArchiveLimits,  # noqa: ARG001
    scratch: Path | None,  # noqa: ARG001
) -> Iterator[Answer]:
    yield from read_cells(container, wanted)


Reader = Callable[[Container, Sequence[MemberRef], ArchiveLimits, Path | None], Iterator[Answer]]

# Kinds are read here and listed in listing.LISTERS; a further kind is a row in both.
READERS: dict[Kind, Reader] = {
    Kind.FOLDER: _read_folder,
    **dict.fromkeys((Kind.ZIP, Kind.TAR, Kind.SEVEN_ZIP, Kind.STREAM), _read_archive),
    **dict.fromkeys((Kind.ARROW, Kind.PARQUET), _read_table),
}
