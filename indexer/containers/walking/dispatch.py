"""Start the walk through one archive, by its kind."""

from collections.abc import Iterator
from typing import Any, cast

import pyarrow as pa

from indexer.base.errors import BadData
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.formats.zip.directory import read_blocks
from indexer.containers.formats.zip.disks import disk_starts
from indexer.containers.formats.zip.end import find_end, with_directory
from indexer.containers.formats.zip.links import with_links
from indexer.containers.formats.zip.listing import list_directory
from indexer.containers.formats.zip.offsets import check, repaired_blocks
from indexer.containers.formats.zip.reading import Packed, data_position, zip_member_blocks
from indexer.containers.formats.zip.salvage import salvaged_rows
from indexer.containers.kinds import function_of
from indexer.containers.members.archive import OpenArchive
from indexer.containers.members.budget import Budget
from indexer.containers.members.entry import Entry
from indexer.containers.members.rows import Health, Row, batches_of
from indexer.containers.models import Access, ArchiveLimits
from indexer.containers.walking.levels import ArchiveLevel


def entries_of(level: ArchiveLevel, budget: Budget, health: Health) -> Iterator[Entry]:
    """Return the members of an archive that is not a zip, in order. Raises BadData if its kind cannot be walked."""
    entries = function_of(level.kind, "entries")
    if entries is None:
        raise BadData("format not supported", level.kind)
    return cast(Iterator[Entry], entries(OpenArchive(level.content, level.name, budget, health)))


def zip_batches(level: ArchiveLevel, limits: ArchiveLimits, health: Health) -> Iterator[pa.RecordBatch]:
    """Return the members of a zip as batches: from its directory or, if that is missing, from local headers."""
    content = level.window
    end = with_directory(content, find_end(content), level.starts)
    if end is None:
        health.add("no-directory", "the zip's directory is missing, members were found by their local headers")
        return batches_of(salvaged_rows(content, health))
    starts = disk_starts(content, end, level.starts)
    is_cut_off = starts[0] < 0
    is_joined = len(level.starts) == 1 and end.directory_disk > 0
    if is_joined and not is_cut_off and any(check(content, block).wrong for block in read_blocks(content, end, starts)):
        health.add("offset-differs", "the directory's offsets are wrong, members were found by their local headers")
        return batches_of(salvaged_rows(content, health))
    if is_cut_off:
        health.add("volume-missing", f"of {len(starts)} volumes only the last is present")

    def listed(health: Health) -> Iterator[pa.RecordBatch]:
        blocks = (check(content, block) for block in read_blocks(content, end, starts))
        return list_directory(content, end, repaired_blocks(content, blocks, health), limits, health)

    return with_links(content, listed(health), lambda: listed(Health()), health)


def zip_entry(window: ByteRange, row: dict[str, Any], budget: Budget) -> Entry:
    """Return a row of a zip as a member that can be read. Raises BadData if there is no local header."""
    member = Packed(row["offset"], row["packed_size"], row["size"], row["method"], row["crc32"])
    content = None
    if member.method == "stored":
        content = window.window(data_position(window, member.offset), member.size)
    raw = row["name_bytes"] or row["name"].encode()
    entry = Row(row["ordinal"], raw, member.size, Access.ZIP, member.packed_size, member.method)
    return Entry(entry, lambda: budget.spend(zip_member_blocks(window, member)), content)
