"""Archives that are walked member by member: plain tars, and streams that are read from the start or not at all."""

import contextlib
import stat
from collections.abc import Iterator
from functools import partial

from indexer.containers import rar, streams
from indexer.containers.entry import Bytes, Entry, blocks_of, part_of
from indexer.containers.libarchive import Header, Pass
from indexer.containers.limits import Budget
from indexer.containers.magic import SNIFFED, compression_of, kind_of
from indexer.containers.pkzip.reading import checked_blocks
from indexer.containers.rows import Health, Row, decoded
from indexer.containers.shapes import Access, Kind
from indexer.containers.streams import Stream, unpacked
from indexer.containers.suffixes import promises_bytes
from indexer.containers.tar import members as tar
from indexer.containers.tar.members import TarEntry
from indexer.containers.volumes import Window
from indexer.errors import BadData


def tar_entries(content: Bytes, health: Health) -> Iterator[Entry]:
    """The members of a tar. In a window they are slices; in a stream only a pass reaches them."""
    access = Access.SLICE if isinstance(content, Window) else Access.PASS
    for entry in tar.entries(content, health):
        part = part_of(content, entry.offset, entry.size)
        yield Entry(_tar_row(entry, access), partial(_whole, part), part, entry.head)


def _tar_row(entry: TarEntry, access: Access) -> Row:
    is_slice = access is Access.SLICE
    return Row(
        ordinal=entry.ordinal,
        name=entry.name,
        size=entry.size,
        access=access,
        packed_size=entry.size if is_slice else None,
        offset=entry.offset if is_slice else None,
        problem=entry.problem or without_data(entry.name, entry.size),
    )


def without_data(name: bytes, size: int) -> str | None:
    """The problem of an empty member whose name promises contents, or None."""
    return "no data" if size == 0 and promises_bytes(name.decode("utf-8", "replace")) else None


def _whole(part: Bytes) -> Iterator[bytes]:
    seen = 0
    for block in blocks_of(part, part.size or 0):
        seen += len(block)
        yield block
    if seen != part.size:
        raise BadData("truncated", f"{part.size} bytes declared, {seen} there")


def stream_entries(window: Window, name: str, budget: Budget, health: Health) -> Iterator[Entry]:
    """The members of a compressed tar; of another compressed file its contents, as one member named after it."""
    compression = compression_of(window.read(0, SNIFFED))
    if compression not in streams.READABLE:
        yield from _by_libarchive(window, budget, health)
        return
    stream = Stream(budget.spend(unpacked(window, compression)))
    head = stream.read(0, SNIFFED)
    if kind_of(head) is Kind.TAR:
        yield from tar_entries(stream, health)
    else:
        yield _single(stream, name, head)


def _single(stream: Stream, name: str, head: bytes) -> Entry:
    """The one member of a compressed file that is no tar. Its size is not known before it was read."""
    base = name.rpartition("/")[2]
    inner = base.rpartition(".")[0] or base
    row = Row(ordinal=0, name=inner.encode("utf-8", "surrogateescape"), size=None, access=Access.PASS, method=None)
    return Entry(row, stream.rest, None, head)


def _by_libarchive(window: Window, budget: Budget, health: Health) -> Iterator[Entry]:
    """Members of what only libarchive reads: rar, cpio, rare compressions."""
    walk = Pass(window, budget.limits.seconds)
    with contextlib.closing(walk):
        for told in rar.members(window, health):
            if (header := walk.next()) is None:
                return
            if header.warning:
                health.add("warning", f"{decoded(header.name)[0]}: {header.warning}", header.index)
            if not stat.S_ISDIR(header.type):
                row = _passed_row(header, told)
                yield Entry(row, partial(budget.spend, _checked(walk, row)))


def _passed_row(header: Header, told: rar.Told) -> Row:
    problem = _problem(header, told)
    return Row(header.index, header.name, header.size, Access.PASS, method=None, crc32=told.crc32, problem=problem)


def _checked(walk: Pass, row: Row) -> Iterator[bytes]:
    return checked_blocks(walk.data(row.size), row.crc32)


def _problem(header: Header, told: rar.Told) -> str | None:
    if header.encrypted or told.encrypted:
        return "encrypted"
    if stat.S_ISLNK(header.type):
        return "symbolic link"
    if header.hard_link or told.linked:
        return "hard link"
    if header.type and not stat.S_ISREG(header.type):
        return "not a file"
    return without_data(header.name, header.size) if header.size is not None else None
