"""Read members into memory that the caller provides, without a Python object per image."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from indexer.base.errors import BadData
from indexer.base.remote import Url
from indexer.containers.kinds import Kind
from indexer.containers.loose_files import read_file_into
from indexer.containers.members.answers import answers
from indexer.containers.models import Access, Container, MemberRef
from indexer.containers.open_containers import OpenContainers
from indexer.containers.reading import read_members

# Access that reads a known number of bytes at a known location.
LOCATED = frozenset((Access.FILE, Access.SLICE, Access.ZIP))

CopiedAnswer: TypeAlias = tuple[int, bytes | memoryview | BadData]


def copy_members(
    containers: OpenContainers, container: Container, members: Sequence[MemberRef], places: Mapping[int, memoryview]
) -> Iterator[CopiedAnswer]:
    """Yield members as :func:`indexer.containers.reading.read_members`, but read them into their places.

    ``places`` maps keys to memory of the member's declared size. Members without a place, in object storage, or without
    random access get memory of their own. A local archive stays open in ``containers``.

    Raises:
        SourceError: the container is missing or has changed since it was scanned.
    """
    if isinstance(container.root, Url):
        yield from read_members(container, members, containers.limits)
        return
    placed = [member for member in members if member.key in places]
    if placed and container.kind is Kind.FOLDER:
        root, limits = str(container.root), containers.limits
        yield from answers(lambda member: read_file_into(f"{root}/{member.path}", places[member.key], limits), placed)
    elif placed:
        yield from containers.copy(container, placed, places)
    others = [member for member in members if member.key not in places]
    if others:
        yield from containers.read(container, others)
