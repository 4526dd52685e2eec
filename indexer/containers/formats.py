"""What an archive's kind means for walking it."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from indexer.containers.entry import Entry
from indexer.containers.forward import stream_entries, tar_entries
from indexer.containers.limits import Budget
from indexer.containers.pkzip.disks import disk_starts
from indexer.containers.pkzip.end import find_end, with_directory
from indexer.containers.pkzip.listing import list_directory
from indexer.containers.pkzip.reading import Packed, data_position, zip_member_blocks
from indexer.containers.pkzip.salvage import salvaged_rows
from indexer.containers.placing import Level
from indexer.containers.rows import Health, Row, batches_of
from indexer.containers.seven_zip.members import seven_zip_entries
from indexer.containers.shapes import Access, Kind, Limits
from indexer.containers.volumes import Window
from indexer.errors import BadData


def entries_of(level: Level, budget: Budget, health: Health) -> Iterator[Entry]:
    """The members of an archive that is no zip, in order. Raises BadData where it cannot be walked any further."""
    if level.kind is Kind.TAR:
        return tar_entries(level.content, health)
    if not isinstance(level.content, Window):
        raise TypeError(f"{level.kind} is read at will, not from a stream")
    if level.kind is Kind.SEVEN_ZIP:
        return seven_zip_entries(level.content, budget, health)
    if level.kind is Kind.STREAM:
        return stream_entries(level.content, level.name, budget, health)
    raise BadData("format not supported", level.kind)


def zip_batches(level: Level, limits: Limits, health: Health) -> Iterator[pa.RecordBatch]:
    """The members of a zip as batches: from its directory, or where that is lost from their local headers."""
    if not isinstance(level.content, Window):
        raise TypeError("a zip is read at will, not from a stream")
    end = with_directory(level.content, find_end(level.content), level.starts)
    if end is None:
        health.add("no-directory", "the zip's directory is missing, members were found by their own headers")
        return batches_of(salvaged_rows(level.content, health))
    starts = disk_starts(level.content, end, level.starts)
    if starts[0] < 0:
        health.add("volume-missing", f"of {len(starts)} volumes only the last is there")
    return list_directory(level.content, end, starts, limits, health)


def zip_entry(window: Window, row: dict[str, Any], budget: Budget) -> Entry:
    """A row of a zip as a member whose bytes can be had now. Raises BadData where no local header stands."""
    member = Packed(row["offset"], row["packed_size"], row["size"], row["method"], row["crc32"])
    content = None
    if member.method == "stored":
        content = window.window(data_position(window, member), member.size)
    raw = row["name_bytes"] or row["name"].encode()
    entry = Row(row["ordinal"], raw, member.size, Access.ZIP, member.packed_size, member.method)
    return Entry(entry, lambda: budget.spend(zip_member_blocks(window, member)), content)
