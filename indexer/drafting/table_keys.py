"""Find the column of a side file whose values name images, so that a draft can look its rows up."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from indexer.declarations.models import ENTRY_NAME
from indexer.drafting.models import TableKey
from indexer.manifest.store import Store

_COLUMNS = 100  # of a row; a JSON object with more has data for names


def table_key(opened: Store, folder: str, rows: Sequence[Mapping[str, Any]]) -> TableKey | None:
    """Return the key of a table below ``folder`` (empty, or with a slash at its end); None if no column names images.

    At least half of the given rows must name an image, by its path below the table or another folder, or by the name of
    its file.
    """
    columns = [name for at, name in enumerate(rows[0] if rows else ()) if at < _COLUMNS or name == ENTRY_NAME]
    keys = [key for column in columns for key in _column_keys(opened, folder, column, rows)]
    return min(keys, default=(0, None), key=lambda ranked: ranked[0])[1]


def _column_keys(
    opened: Store, folder: str, column: str, rows: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[int, TableKey]]:
    """Yield the key of a column with its rank: paths before names of files before bare names, which may be numbers."""
    values = {str(row[column]) for row in rows if isinstance(row.get(column), str | int) and row[column] != ""}
    if not re.fullmatch(r"@?\w(?:[\w -]*\w)?", column) or len(values) * 2 < len(rows):
        return
    parameters = {"folder": folder, "values": sorted(values)}
    [(paths, stems, prefix, below)] = opened.rows("draft/named_images", parameters)
    if paths * 2 >= len(rows):
        yield 0, TableKey(f"{'{@folder}/' if folder else ''}{{{column}|no_suffix}}", "path", column)
    elif below * 2 >= len(rows) and not re.search(r"[{}]", prefix):
        yield 0, TableKey(f"{prefix}{{{column}|no_suffix}}", "path", column)
    elif stems * 2 >= len(rows):
        yield 1 if all("." in value for value in values) else 2, TableKey(f"{{{column}|stem}}", "stem", column)
