"""Read loose files: the members of a container of kind folder."""

import os
from collections.abc import Iterator, Sequence

from indexer.base.errors import BadData, SourceError
from indexer.base.remote import Object, Url, is_there
from indexer.containers.members.answers import Answer, answers
from indexer.containers.models import ArchiveLimits, Container, MemberRef


def read_files(container: Container, members: Sequence[MemberRef], limits: ArchiveLimits) -> Iterator[Answer]:
    """Yield the key of each file with its bytes, or with the reason why it cannot be read, in the given order.

    Raises:
        SourceError: the root is missing or empty.
    """
    if not (container.root.is_dir() and is_there(container.root)):
        raise SourceError(f"{container.root} is missing or empty: restore it, or scan its new path")
    if isinstance(container.root, Url):
        url = container.root
        yield from answers(lambda member: _read_object(url / member.path, member.size, limits), members)
        return
    root = str(container.root)  # as text: creating a path object takes as long as opening the file
    yield from answers(lambda member: _read_file(f"{root}/{member.path}", member.size, limits), members)


def _read_file(path: str, size: int | None, limits: ArchiveLimits) -> bytes:
    """Return all of a file, which must have the size that it had at the scan. Raises BadData, OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        expected = os.fstat(descriptor).st_size if size is None else size
        _check_limit(expected, limits)
        # One byte more shows whether the file has grown; fstat would take a fifth of the time of all calls. A call
        # returns 2 GiB at most.
        data = os.read(descriptor, expected + 1)
        while len(data) < expected and (more := os.read(descriptor, expected + 1 - len(data))):
            data += more
        if len(data) != expected:
            raise _changed(expected, os.fstat(descriptor).st_size)
        return data
    finally:
        os.close(descriptor)


def read_file_into(path: str, target: memoryview, limits: ArchiveLimits) -> memoryview:
    """Read all of a file, which must have the size of ``target``, into it. Raises BadData, OSError."""
    size, beyond = len(target), bytearray(1)
    _check_limit(size, limits)
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        have = os.readv(descriptor, [target, beyond])
        while have < size and (more := os.readv(descriptor, [target[have:], beyond])):
            have += more
        if have != size:
            raise _changed(size, os.fstat(descriptor).st_size)
        return target
    finally:
        os.close(descriptor)


def _read_object(url: Url, size: int | None, limits: ArchiveLimits) -> bytes:
    """Return all of an object, as :func:`_read_file`. Raises BadData, OSError, SourceError."""
    found = url.stat().st_size
    if size is not None and found != size:
        raise _changed(size, found)
    _check_limit(found, limits)
    return Object(url, found).read(0, found)


def _check_limit(size: int, limits: ArchiveLimits) -> None:
    if size > limits.member_size:
        raise BadData("over the size limit", f"{size} bytes")


def _changed(size: int, found: int) -> BadData:
    return BadData("changed since the scan", f"{size} bytes then, {found} now")
