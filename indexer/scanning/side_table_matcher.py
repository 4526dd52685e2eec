"""Match logical paths with side tables."""

import re
from collections.abc import Iterable

from indexer.base import image_formats
from indexer.declarations.models import SideTable

# An image is never a side file. Whole columns are filtered by this pattern before names are matched one by one.
IMAGE_SUFFIX = image_formats.NAME_END


class SideTableMatcher:
    """Side tables with compiled patterns; false if there are none."""

    def __init__(self, tables: Iterable[SideTable]) -> None:
        self._patterns = [(table, re.compile(table.file)) for table in tables]

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def tables(self, logical: str) -> list[SideTable]:
        """Return the tables whose pattern is found in the logical path ``logical``."""
        return [table for table, pattern in self._patterns if pattern.search(logical)]
