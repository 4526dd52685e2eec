"""Fit a table of many columns into a terminal: leave out columns in the middle and cut long values, as DuckDB does."""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from indexer.base.arrow_values import python_values
from indexer.cli.printing.messages import printable
from indexer.cli.printing.render import FRAME, records, table_width, text_of
from indexer.cli.printing.render import widths as column_widths

ELISION = "…"
# Characters of a value in a table that does not fit; if columns are left out, of all but the first.
_WIDEST = 40
_NARROWEST = 12
_COLUMNS = 6  # that then should fit at least


def elided(rows: pa.Table, width: int) -> tuple[pa.Table, int]:
    """Return the rows with the columns that fit into ``width`` characters, and the number of those left out.

    The first and the last columns are kept; a column ``…`` represents those between them.
    """
    if table_width(rows) <= width:
        return rows, 0
    full = column_widths(rows)
    limits = [_WIDEST] * len(full)
    if sum(_kept([min(each, _WIDEST) for each in full], width)) < len(full):
        limits[1:] = [max(_NARROWEST, width // _COLUMNS)] * (len(full) - 1)  # more columns with less of each
    widths = [min(each, limit) for each, limit in zip(full, limits, strict=True)]
    first, last = _kept(widths, width)
    left_out = len(widths) - first - last
    names = rows.column_names
    kept = [*names[:first], *([ELISION] if left_out else []), *names[len(names) - last :]]
    numbers = (*range(first), *range(len(names) - last, len(names)))
    cut = [_cut(rows.column(number), limits[number]) for number in numbers]
    if left_out:
        cut.insert(first, pa.array([ELISION] * rows.num_rows))
    return pa.Table.from_arrays(cut, names=kept), left_out


def vertical(rows: pa.Table) -> Iterator[str]:
    """Yield each row as lines of names and values."""
    longest = max(map(len, rows.column_names), default=0)
    for number, record in enumerate(records(rows.to_batches()), 1):
        yield f"── row {number} " + "─" * 20
        for name, value in zip(rows.column_names, record, strict=True):
            yield f"{printable(name):>{longest}}  {printable(text_of(value))}"


def _kept(widths: Sequence[int], width: int) -> tuple[int, int]:
    """Return how many of the first and of the last columns fit, taken in turns; one column is always kept."""
    room = width - (len(ELISION) + FRAME)
    first = last = 0
    while first + last < len(widths):
        takes_first = first <= last
        needed = (widths[first] if takes_first else widths[len(widths) - last - 1]) + FRAME
        if needed > room and first:
            break
        room -= needed
        first, last = first + takes_first, last + (not takes_first)
    return first, last


def _cut(column: pa.ChunkedArray, widest: int) -> pa.Array:
    """Return long values as cut texts; other columns keep their type, which aligns them."""
    texts = [text_of(value) for chunk in column.chunks for value in python_values(chunk)]
    if all(len(text) <= widest for text in texts):
        return column
    return pa.array([text if len(text) <= widest else text[: widest - 1] + ELISION for text in texts])
