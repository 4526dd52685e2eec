"""Walk a 7z: members are listed from the header alone; stored ones are slices, others are unpacked folder by folder.

A folder is 7z's term for a block that is packed as a whole. Folders without a member to read are skipped, so access to
a non-solid archive is nearly random. libarchive unpacks the folders that the standard library cannot.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from zlib import crc32

from indexer.base.errors import BadData
from indexer.containers.bytes.streams import Stream
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.formats.libarchive import SequentialPass
from indexer.containers.formats.sequential import without_data
from indexer.containers.formats.sevenzip import header
from indexer.containers.formats.sevenzip.folders import is_encrypted, is_readable, is_stored, method_of, unpacked_folder
from indexer.containers.formats.sevenzip.models import Archive, Folder, Substream
from indexer.containers.formats.zip.reading import checked_blocks
from indexer.containers.members.archive import OpenArchive
from indexer.containers.members.budget import Budget
from indexer.containers.members.entry import Entry, StreamRange, blocks_of
from indexer.containers.members.rows import Row
from indexer.containers.members.trailing import check_end
from indexer.containers.models import Access

_LARGEST_HEADER = 1 << 31
_UNIX, _LINK, _TYPE = 0x8000, 0o120000, 0o170000


def seven_zip_entries(opened: OpenArchive) -> Iterator[Entry]:
    """Yield the members in the header's order; directories yield nothing, but count as ordinals. Raises BadData."""
    window = opened.window
    archive = _read_archive(window)
    check_end(window, sum(header.start(window.read(0, header.START_SIZE))[:2]), opened.health)
    members = len(archive.names) - sum(archive.directories)
    opened.health.declare(members)
    source = _Source(window, archive, opened.budget)
    streams = iter(archive.substreams)
    for ordinal, name in enumerate(archive.names):
        substream = None if archive.empty[ordinal] else next(streams, None)
        if archive.directories[ordinal]:
            continue
        if substream is None and not archive.empty[ordinal]:
            raise BadData("header damaged", f"member {ordinal} has no bytes")
        yield _entry(source, _Member(ordinal, name, archive.attributes[ordinal], substream))


def _read_archive(window: ByteRange) -> Archive:
    position, size, checksum = header.start(window.read(0, header.START_SIZE))
    if position + size > window.size:
        raise BadData("truncated", f"the header would end at byte {position + size} of {window.size}")
    if size > _LARGEST_HEADER:
        raise BadData("over the size limit", f"a header of {size} bytes")
    data = window.read(position, size)
    if crc32(data) != checksum:
        raise BadData("header damaged", "the header's checksum differs")
    for _ in range(4):  # a packed header may be packed again
        if not header.is_encoded(data):
            return header.parse(data) if data else Archive()
        data = _unpacked_header(window, header.parse(data))
    raise BadData("header damaged", "packed too often")


def _unpacked_header(window: ByteRange, archive: Archive) -> bytes:
    if not archive.folders or archive.folders[0].size > _LARGEST_HEADER:
        raise BadData("header damaged", "a packed header without bytes")
    folder = archive.folders[0]
    if is_encrypted(folder):
        raise BadData("encrypted", "names and members need a password")
    blocks = unpacked_folder(window, folder)
    if blocks is None:
        raise BadData("method not supported", method_of(folder))
    return b"".join(checked_blocks(blocks, folder.crc32))


@dataclass(frozen=True, slots=True)
class _Member:
    ordinal: int
    name: str
    attributes: int
    substream: Substream | None


@dataclass(slots=True)
class _Source:
    """The sources of members' bytes: the byte range, the folder that was unpacked last, a pass by libarchive."""

    window: ByteRange
    archive: Archive
    budget: Budget
    folder: int = -1
    stream: Stream | None = None
    by_libarchive: SequentialPass | None = None

    def blocks(self, member: _Member, substream: Substream) -> Iterator[bytes]:
        """Yield a packed member's bytes, checked; members of a folder must be read in order."""
        return checked_blocks(self._raw(member, substream), substream.crc32)

    def _raw(self, member: _Member, substream: Substream) -> Iterator[bytes]:
        if self.folder != substream.folder:
            blocks = unpacked_folder(self.window, self.archive.folders[substream.folder])
            self.folder, self.stream = substream.folder, Stream(self.budget.spend(blocks)) if blocks else None
        if self.stream is None:
            self.by_libarchive = self.by_libarchive or SequentialPass(
                self.window, self.budget.limits.seconds, ("7zip",)
            )
            return self.budget.spend(self.by_libarchive.blocks(member.ordinal, substream.size))
        return blocks_of(StreamRange(self.stream, substream.offset, substream.size), substream.size)


def _entry(source: _Source, member: _Member) -> Entry:
    name, substream = _raw(member.name), member.substream
    if substream is None:
        return Entry(Row(member.ordinal, name, 0, Access.SEQUENTIAL, problem=without_data(name, 0)), partial(iter, ()))
    folder = source.archive.folders[substream.folder]
    row = Row(
        member.ordinal, name, substream.size, Access.SEQUENTIAL, method=method_of(folder), crc32=substream.crc32,
        problem=_problem(member, name, folder),
    )  # fmt: skip
    if not is_stored(folder):
        return Entry(row, partial(source.blocks, member, substream))
    return _stored(source.window, row, folder.position + substream.offset)


def _stored(window: ByteRange, row: Row, offset: int) -> Entry:
    """Return a member that is stored without packing: a slice, which must end before the archive does."""
    size = row.size or 0
    if offset + size > window.size:
        placed = Row(row.ordinal, row.name, size, Access.SLICE, size, "stored", row.crc32, problem="truncated")
        return Entry(placed, partial(iter, ()))
    content = window.window(offset, size)
    placed = Row(row.ordinal, row.name, size, Access.SLICE, size, "stored", row.crc32, offset, row.problem)
    return Entry(placed, lambda: checked_blocks(content.blocks(), row.crc32), content)


def _raw(name: str) -> bytes:
    """Return a name as bytes. 7-Zip on Unix replaces each byte that is not UTF-8 by one of U+EF80 to U+EFFF."""
    parts = re.split("([\uef80-\uefff])", name)
    parts[1::2] = [chr(ord(escape) - 0xEF00) for escape in parts[1::2]]
    encodings = ("utf-8", "latin-1")
    return b"".join(part.encode(encodings[index % 2], "surrogatepass") for index, part in enumerate(parts))


def _problem(member: _Member, name: bytes, folder: Folder) -> str | None:
    if is_encrypted(folder):
        return "encrypted"
    if not is_readable(folder):
        return "method not supported"
    if member.attributes & _UNIX and (member.attributes >> 16) & _TYPE == _LINK:
        return "symbolic link"
    return without_data(name, member.substream.size if member.substream else 0)
