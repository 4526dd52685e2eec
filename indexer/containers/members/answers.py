"""The results of reading members: their bytes, or the reasons why they cannot be read."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias, TypeVar

from indexer.base.errors import BadData
from indexer.containers.models import MemberRef

Answer: TypeAlias = tuple[int, bytes | BadData]
Data = TypeVar("Data")


def answers(read: Callable[[MemberRef], Data], members: Iterable[MemberRef]) -> Iterator[tuple[int, Data | BadData]]:
    """Yield the key of each member with the result of ``read``, or the reason why it failed.

    A disk error is bad data of this member only.
    """
    for member in members:
        found: Data | BadData
        try:
            found = read(member)
        except BadData as error:
            found = BadData(error.reason, error.detail)  # has no traceback, which would keep the bytes in memory
        except OSError as error:
            found = BadData("unreadable", error.strerror or str(error))
        yield member.key, found
