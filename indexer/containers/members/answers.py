"""The result of reading one member: its bytes, or the reason why it cannot be read."""

from collections.abc import Callable
from typing import TypeAlias, TypeVar

from indexer.base.errors import BadData

Answer: TypeAlias = tuple[int, bytes | BadData]
Data = TypeVar("Data")


def answer(read: Callable[..., Data], *arguments: object) -> Data | BadData:
    """Return the result of ``read``, or the reason why it failed. A disk error is bad data of this member only."""
    try:
        return read(*arguments)
    except BadData as error:
        return error
    except OSError as error:
        return BadData("unreadable", error.strerror or str(error))
