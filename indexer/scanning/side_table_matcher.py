"""Which side tables a path belongs to."""

import re
from collections.abc import Iterable

from indexer.base import image_formats
from indexer.declarations.models import SideTable

# An image is never a side file, and nearly every file is an image: whole columns are filtered by this first.
PICTURE = image_formats.NAME_END


class SideTableMatcher:
    """Side tables, ready to be asked which of them a file is read for."""

    def __init__(self, tables: Iterable[SideTable]) -> None:
        self._patterns = [(table, re.compile(table.file)) for table in tables]

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def tables(self, logical: str) -> list[SideTable]:
        """The tables whose pattern is found in a logical path."""
        return [table for table, pattern in self._patterns if pattern.search(logical)]
