"""Read members into memory that the caller provides, without a Python object per image."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from indexer.base.errors import BadData
from indexer.base.remote import Url
from indexer.containers.kinds import Kind
from indexer.containers.located import copy_located
from indexer.containers.loose_files import read_file_into
from indexer.containers.members.answers import answers
from indexer.containers.models import Access, ArchiveLimits, Container, MemberRef
from indexer.containers.opening import opened
from indexer.containers.reading import read_members

# Access that reads a known number of bytes at a known location.
LOCATED = frozenset((Access.FILE, Access.SLICE, Access.ZIP))

CopiedAnswer: TypeAlias = tuple[int, bytes | memoryview | BadData]


def copy_members(
    container: Container, members: Sequence[MemberRef], places: Mapping[int, memoryview], limits: ArchiveLimits
) -> Iterator[CopiedAnswer]:
    """Yield members as :func:`indexer.containers.reading.read_members`, but read them into their places.

    ``places`` maps keys to memory of the member's declared size. Members without a place, in object storage, or without
    random access get memory of their own.

    Raises:
        SourceError: the container is missing or has changed since it was scanned.
    """
    placed = [member for member in members if member.key in places]
    others = [member for member in members if member.key not in places]
    if isinstance(container.root, Url):
        placed, others = [], list(members)
    if placed and container.kind is Kind.FOLDER:
        root = str(container.root)
        yield from answers(lambda member: read_file_into(f"{root}/{member.path}", places[member.key], limits), placed)
    elif placed:
        with opened(container) as content:
            yield from copy_located(content.window, placed, places, limits)
    if others:
        yield from read_members(container, others, limits)
