"""Find members that a zip's directory does not list: in the bytes before, between and after its members.

Several zips that were joined with ``cat`` have one directory that counts, that of the last.
"""

from collections.abc import Iterator
from dataclasses import replace

from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.formats.zip.end import find_end
from indexer.containers.formats.zip.salvage import salvaged_rows
from indexer.containers.members.rows import Health, Row

MIN_GAP = 64  # bytes: a local header, a name, and the smallest image
_SMALLEST_ENTRY, _LARGE_ENTRY = 46, 500  # bytes per member in a directory
_GAPS_AT_A_TIME = 64  # the largest gaps are searched first; the others only if these have members


def rows_in_gaps(
    window: ByteRange, gaps: list[tuple[int, int]], entries: int, declared: int, health: Health
) -> Iterator[Row]:
    """Yield a row for each member found in ``gaps`` (start, end), and add a finding.

    The directory has ``entries`` of the ``declared`` ones; ordinals follow theirs.
    """
    count = 0
    largest = sorted(gaps, key=lambda gap: (gap[0] - gap[1], gap))
    for place in range(0, len(largest), _GAPS_AT_A_TIME):
        before = count
        for start, end in sorted(largest[place : place + _GAPS_AT_A_TIME]):
            for row in _rows_in(window, start, end):
                yield replace(row, ordinal=entries + count)
                count += 1
        if count == before:
            break
    if count and entries < declared:
        damage = f"only {entries} of {declared} entries of the directory can be read"
        health.add("header-damaged", f"{damage}: {count} members were found by their local headers")
    elif count:
        detail = f"{count} members are not in the directory: several zips were joined. They were found by their headers"
        health.add("joined", detail)
    elif gaps and gaps[0][0] == 0 and _ends_a_zip(window.window(0, gaps[0][1])):
        health.add("joined", "the end of another zip precedes the first member: its members are missing")


def _ends_a_zip(before: ByteRange) -> bool:
    """Return whether an end record with plausible numbers is in the last bytes; programs may have its signature."""
    end = find_end(before)
    return end is not None and 0 < end.entries * _SMALLEST_ENTRY <= end.directory_size <= end.entries * _LARGE_ENTRY


def _rows_in(window: ByteRange, start: int, end: int) -> Iterator[Row]:
    for row in salvaged_rows(window.window(start, end - start), Health()):
        if row.problem is None and row.offset is not None:
            yield replace(row, offset=row.offset + start)
