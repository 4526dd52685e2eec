"""Walk archives member by member: plain tars, and streams that allow sequential access only."""

import contextlib
import stat
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from indexer.base.errors import BadData
from indexer.containers.bytes import streams, zstd
from indexer.containers.bytes.streams import Stream, unpacked
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.formats import rar
from indexer.containers.formats.libarchive import EntryHeader, SequentialPass
from indexer.containers.formats.passed_links import PassedLinks
from indexer.containers.formats.tar import members as tar
from indexer.containers.formats.tar.members import TarEntry
from indexer.containers.kinds import HEAD_SIZE, Kind, compression_of, kind_of
from indexer.containers.members.archive import OpenArchive
from indexer.containers.members.checking import checked_blocks, without_data
from indexer.containers.members.entry import Bytes, Entry, blocks_of, part_of
from indexer.containers.members.rows import Row, decoded
from indexer.containers.models import Access
from indexer.containers.problems import SYMBOLIC_LINK


def tar_entries(archive: OpenArchive) -> Iterator[Entry]:
    """Yield the members of a tar: slices in a byte range, with sequential access in a stream and if they are sparse."""
    for entry in tar.entries(archive.content, archive.health):
        yield _tar_entry(entry, archive.content)


def _tar_entry(entry: TarEntry, content: Bytes) -> Entry:
    has_passed = entry.target is not None and not isinstance(content, ByteRange)
    row = _tar_row(entry, isinstance(content, ByteRange) and entry.sparse is None)
    if has_passed:
        return Entry(row, partial(iter, ()), target=entry.target)
    if entry.sparse is not None:
        return Entry(row, partial(entry.sparse.expanded, content, entry.offset))
    part = part_of(content, entry.offset, entry.size)
    note = f" to {decoded(entry.link)[0]}" if entry.link else ""
    return Entry(row, partial(_whole, part), part, None if entry.link else entry.head, note=note)


def _tar_row(entry: TarEntry, is_slice: bool) -> Row:
    size = entry.sparse.size if entry.sparse else entry.size
    return Row(
        ordinal=entry.ordinal,
        name=entry.name,
        size=size,
        access=Access.SLICE if is_slice else Access.SEQUENTIAL,
        packed_size=entry.size if is_slice or entry.sparse else None,
        offset=entry.offset if is_slice else None,
        problem=entry.problem or without_data(entry.name, size),
    )


def _whole(part: Bytes) -> Iterator[bytes]:
    seen = 0
    for block in blocks_of(part, part.size or 0):
        seen += len(block)
        yield block
    if seen != part.size:
        raise BadData("truncated", f"{part.size} bytes declared, {seen} found")


def stream_entries(archive: OpenArchive) -> Iterator[Entry]:
    """Yield the members of a compressed tar, or the contents of another compressed file as one member."""
    compression = compression_of(archive.window.read(0, HEAD_SIZE))
    if compression not in streams.READABLE:
        yield from _by_libarchive(archive)
        return
    stream = Stream(archive.budget.spend(_unpacked(archive, compression)))
    head = stream.read(0, HEAD_SIZE)
    if kind_of(head) is Kind.TAR:
        yield from tar_entries(replace(archive, content=stream))
    else:
        yield _single(stream, archive.name, head)


def _unpacked(archive: OpenArchive, compression: str) -> Iterator[bytes]:
    """Unpack a stream. A zstd frame with a window over the limit of the usual readers needs another one."""
    window = zstd.window_of(archive.window.read(0, HEAD_SIZE)) if compression == "zstd" else 0
    if window <= zstd.USUAL_WINDOW:
        return unpacked(archive.window, compression)
    most = archive.budget.limits.zstd_window
    if window > most:
        needed = f"zstd needs a window of {window >> 20:,} MiB, and the limit is {most >> 20:,} MiB"
        raise BadData("over the window limit", f"{needed}: raise it with --limit zstd_window={window >> 20}MiB")
    return zstd.with_large_window(archive.window.blocks(), most)


def _single(stream: Stream, name: str, head: bytes) -> Entry:
    """Return the one member of a compressed file that is not a tar. Its size is unknown until it is read."""
    base = name.rpartition("/")[2]
    inner = base.rpartition(".")[0] or base
    row = Row(
        ordinal=0, name=inner.encode("utf-8", "surrogateescape"), size=None, access=Access.SEQUENTIAL, method=None
    )
    return Entry(row, stream.rest, None, head)


def _by_libarchive(archive: OpenArchive) -> Iterator[Entry]:
    """Yield the members of archives that only libarchive reads: rar, cpio, rare compressions."""
    walk, links = SequentialPass(archive.window, archive.budget.limits.seconds), PassedLinks()
    with contextlib.closing(walk):
        try:
            for summary in rar.members(archive.window, archive.health):
                if (header := walk.next()) is None:
                    break
                if header.warning:
                    archive.health.add("warning", f"{decoded(header.name)[0]}: {header.warning}", header.index)
                if not stat.S_ISDIR(header.type):
                    row = _passed_row(header, summary)
                    data = checked_blocks(walk.data(row.size), row.crc32)
                    yield from links.entries(header, Entry(row, partial(archive.budget.spend, data)))
        except BadData:  # links before the damage are listed
            yield from links.rest()
            raise
        yield from links.rest()


def _passed_row(header: EntryHeader, summary: rar.RarSummary) -> Row:
    problem = _problem(header, summary)
    return Row(
        header.index, header.name, header.size, Access.SEQUENTIAL, method=None, crc32=summary.crc32, problem=problem
    )


def _problem(header: EntryHeader, summary: rar.RarSummary) -> str | None:
    if header.encrypted or summary.encrypted:
        return "encrypted"
    if stat.S_ISLNK(header.type):
        return SYMBOLIC_LINK
    if summary.linked or (header.hard_link and not header.size):
        return "hard link"
    if header.type and not stat.S_ISREG(header.type):
        return "not a file"
    return without_data(header.name, header.size) if header.size is not None else None
