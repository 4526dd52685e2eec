"""Read loose files: the members of a container of kind folder."""

import os
from collections.abc import Iterator, Sequence

from indexer.base.errors import BadData, SourceError
from indexer.base.remote import Object, Url, is_there
from indexer.containers.members.answers import Answer, answer
from indexer.containers.models import ArchiveLimits, Container, MemberRef


def read_files(container: Container, members: Sequence[MemberRef], limits: ArchiveLimits) -> Iterator[Answer]:
    """Yield the key of each file with its bytes, or with the reason why it cannot be read, in the given order.

    Raises:
        SourceError: the root is missing or empty.
    """
    if not (container.root.is_dir() and is_there(container.root)):
        raise SourceError(f"{container.root} is missing or empty: restore it, or scan its new path")
    if isinstance(container.root, Url):
        for member in members:
            yield member.key, answer(_read_object, container.root / member.path, member.size, limits)
        return
    root = str(container.root)  # as text: creating a path object takes as long as opening the file
    for member in members:
        yield member.key, answer(_read_file, f"{root}/{member.path}", member.size, limits)


def _read_file(path: str, size: int | None, limits: ArchiveLimits) -> bytes:
    """Return all of a file, which must have the size that it had at the scan. Raises BadData, OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor).st_size
        _check_size(found, size, limits)
        data = os.read(descriptor, found)
        while len(data) < found and (more := os.read(descriptor, found - len(data))):  # one call reads 2 GiB at most
            data += more
        return data
    finally:
        os.close(descriptor)


def read_file_into(path: str, target: memoryview, limits: ArchiveLimits) -> memoryview:
    """Read all of a file, which must have the size of ``target``, into it. Raises BadData, OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _check_size(os.fstat(descriptor).st_size, len(target), limits)
        have = os.readv(descriptor, [target])
        while have < len(target) and (more := os.readv(descriptor, [target[have:]])):
            have += more
        return target[:have]
    finally:
        os.close(descriptor)


def _read_object(url: Url, size: int | None, limits: ArchiveLimits) -> bytes:
    """Return all of an object, as :func:`_read_file`. Raises BadData, OSError, SourceError."""
    found = url.stat().st_size
    _check_size(found, size, limits)
    return Object(url, found).read(0, found)


def _check_size(found: int, size: int | None, limits: ArchiveLimits) -> None:
    if size is not None and found != size:
        raise BadData("changed since the scan", f"{size} bytes then, {found} now")
    if found > limits.member_size:
        raise BadData("over the size limit", f"{found} bytes")
