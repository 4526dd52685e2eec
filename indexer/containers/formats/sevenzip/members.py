"""Walk a 7z: members are listed from the header alone; stored ones are slices, others are unpacked folder by folder.

A folder is 7z's term for a block that is packed as a whole. Folders without a member to read are skipped, so access to
a non-solid archive is nearly random. libarchive unpacks the folders that the standard library cannot.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from zlib import crc32

from indexer.base.errors import BadData
from indexer.containers.bytes.streams import Stream
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.formats.libarchive import SequentialPass
from indexer.containers.formats.links import LONGEST_TARGET, end_of_links, link_target, normal_name
from indexer.containers.formats.sevenzip import header
from indexer.containers.formats.sevenzip.edges import check_edges
from indexer.containers.formats.sevenzip.folders import is_encrypted, is_readable, is_stored, method_of, unpacked_folder
from indexer.containers.formats.sevenzip.models import Archive, Folder, Substream
from indexer.containers.members.archive import OpenArchive
from indexer.containers.members.budget import Budget
from indexer.containers.members.checking import checked_blocks, without_data
from indexer.containers.members.entry import Entry, StreamRange, blocks_of
from indexer.containers.members.rows import Row, decoded
from indexer.containers.members.trailing import check_end
from indexer.containers.models import Access
from indexer.containers.problems import SYMBOLIC_LINK

_LARGEST_HEADER = 1 << 31
_UNIX, _LINK, _TYPE = 0x8000, 0o120000, 0o170000
_UNKNOWN_CODER = re.compile(r"(?i)codec|unsupported|not supported")  # in libarchive's messages
_MOST_BEFORE_LINKS = 1 << 30  # bytes that are unpacked to read the links


def seven_zip_entries(opened: OpenArchive) -> Iterator[Entry]:
    """Yield the members in the header's order; directories yield nothing, but count as ordinals. Raises BadData."""
    window = opened.window
    archive = _read_archive(window)
    check_end(window, sum(header.start(window.read(0, header.START_SIZE))[:2]), opened.health)
    check_edges(window, archive, opened.health)
    members = len(archive.names) - sum(archive.directories)
    opened.health.declare(members)
    source = _Source(window, archive, opened.budget)
    links: list[_Member] = []
    streams = iter(archive.substreams)
    for ordinal, name in enumerate(archive.names):
        substream = None if archive.empty[ordinal] else next(streams, None)
        if archive.directories[ordinal]:
            continue
        if substream is None and not archive.empty[ordinal]:
            raise BadData("header damaged", f"member {ordinal} has no bytes")
        member = _Member(ordinal, name, archive.attributes[ordinal], substream)
        if substream is not None and member.is_link:
            links.append(member)
        else:
            yield _entry(source, member)
    if links:
        yield from _linked(_Source(window, archive, opened.budget), links)


def _read_archive(window: ByteRange) -> Archive:
    position, size, checksum = header.start(window.read(0, header.START_SIZE))
    if position + size > window.size:
        missing = f"{position + size - window.size} bytes are missing, with the index at the end"
        raise BadData("truncated", f"{missing}: the download is unfinished, or the last volume is missing or cut short")
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

    @property
    def is_link(self) -> bool:
        """Return whether it is a symbolic link."""
        return bool(self.attributes & _UNIX) and (self.attributes >> 16) & _TYPE == _LINK


@dataclass(slots=True)
class _Source:
    """The sources of members' bytes: the byte range, the folder that was unpacked last, a pass by libarchive."""

    window: ByteRange
    archive: Archive
    budget: Budget
    folder: int = -1
    stream: Stream | None = None
    by_libarchive: SequentialPass | None = None
    known: dict[tuple[bytes, ...], bool] = field(default_factory=dict)  # by coders: whether libarchive knows them

    def blocks(self, member: _Member, substream: Substream) -> Iterator[bytes]:
        """Yield a packed member's bytes, checked; members of a folder must be read in order."""
        return checked_blocks(self._raw(member, substream), substream.crc32)

    def knows_coders(self, folder: Folder) -> bool:
        """Return whether the installed libarchive knows the coders of a folder that the standard library cannot unpack.

        One folder of each combination of coders is tried.
        """
        coders = tuple(coder.id for coder in folder.coders)
        if coders not in self.known:
            self.known[coders] = _is_in_process(self.window, folder) or self._is_known_to_libarchive(folder)
        return self.known[coders]

    def _is_known_to_libarchive(self, folder: Folder) -> bool:
        first = next(each for each in _members(self.archive) if _folder_of(self.archive, each) is folder)
        walk = SequentialPass(self.window, self.budget.limits.seconds, ("7zip",))
        try:
            next(walk.blocks(first.ordinal, None), None)
        except BadData as error:
            return _UNKNOWN_CODER.search(str(error)) is None  # other errors are damage, which reading reports
        finally:
            walk.close()
        return True

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


def _linked(source: _Source, links: list[_Member]) -> Iterator[Entry]:
    """Yield symbolic links with the bytes of the members that they lead to; others keep their problem."""
    members = {normal_name(_bytes_of(member.name)): member for member in _members(source.archive) if not member.is_link}
    targets = list(_targets(source, links))
    names = (normal_name(_bytes_of(link.name)) for link in links)
    chained = {name: target for name, target in zip(names, targets, strict=True) if target is not None}
    for link, target in zip(links, targets, strict=True):
        entry = _entry(source, link)
        found = members.get(end_of_links(target, chained)) if target is not None else None
        if found is None:
            yield replace(entry, note="" if target is None else f" to {decoded(target)[0]}")
            continue
        original = _entry(source, found)
        row = replace(original.row, ordinal=link.ordinal, name=entry.row.name)
        is_stored = original.content is not None
        yield replace(original, row=row) if is_stored else Entry(row, partial(iter, ()), target=found.ordinal)


def _is_in_process(window: ByteRange, folder: Folder) -> bool:
    """Return whether the standard library can unpack a folder; damaged ones are reported when they are read."""
    try:
        return unpacked_folder(window, folder) is not None
    except BadData:
        return True


def _folder_of(archive: Archive, member: _Member) -> Folder | None:
    return archive.folders[member.substream.folder] if member.substream else None


def _members(archive: Archive) -> Iterator[_Member]:
    """Yield all members that have bytes."""
    streams = iter(archive.substreams)
    for ordinal, name in enumerate(archive.names):
        if not archive.empty[ordinal]:
            yield _Member(ordinal, name, archive.attributes[ordinal], next(streams, None))


def _targets(source: _Source, links: list[_Member]) -> Iterator[bytes | None]:
    """Yield the name that each link leads to; None if it cannot be read, or only by unpacking much."""
    left, folder, end = _MOST_BEFORE_LINKS, -1, 0  # one pass through a folder serves all its links
    for link in links:
        place, target = link.substream, None
        if place is None or place.size > LONGEST_TARGET:
            yield None
            continue
        needed = place.offset + place.size - (end if place.folder == folder else 0)
        if needed <= left:
            left, folder, end = left - needed, place.folder, place.offset + place.size
            with suppress(BadData):
                target = link_target(_bytes_of(link.name), b"".join(source.blocks(link, place)), is_symbolic=True)
        yield target


def _entry(source: _Source, member: _Member) -> Entry:
    name, substream = _bytes_of(member.name), member.substream
    if substream is None:
        return Entry(Row(member.ordinal, name, 0, Access.SEQUENTIAL, problem=without_data(name, 0)), partial(iter, ()))
    folder = source.archive.folders[substream.folder]
    row = Row(
        member.ordinal, name, substream.size, Access.SEQUENTIAL, method=method_of(folder), crc32=substream.crc32,
        problem=_problem(source, member, name, folder),
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


def _bytes_of(name: str) -> bytes:
    """Return a name as bytes. 7-Zip on Unix replaces each byte that is not UTF-8 by one of U+EF80 to U+EFFF."""
    parts = re.split("([\uef80-\uefff])", name)
    parts[1::2] = [chr(ord(escape) - 0xEF00) for escape in parts[1::2]]
    encodings = ("utf-8", "latin-1")
    return b"".join(part.encode(encodings[index % 2], "surrogatepass") for index, part in enumerate(parts))


def _problem(source: _Source, member: _Member, name: bytes, folder: Folder) -> str | None:
    if is_encrypted(folder):
        return "encrypted"
    if not (is_readable(folder) and source.knows_coders(folder)):
        return "method not supported"
    if member.is_link:
        return SYMBOLIC_LINK
    return without_data(name, member.substream.size if member.substream else 0)
