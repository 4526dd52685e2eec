"""Walk a tar header by header: skip data by seeking in a byte range, or by reading a stream.

After an end mark or a damaged header the walk searches for further headers, so that members after the damage are found.
The damage itself is a finding.
"""

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from indexer.base.errors import BadData
from indexer.containers.bytes.tar_header import (
    EXTENSIONS,
    LINKS,
    PROBLEMS,
    RECORD,
    SPARSE,
    UNLISTED,
    TarHeader,
    parse,
    resembles_header,
)
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.formats.links import MOST_LINKS, LinkTargets, end_of_links, link_target, normal_name
from indexer.containers.formats.tar.extensions import Extensions
from indexer.containers.formats.tar.search import next_header
from indexer.containers.formats.tar.sparse import SparseMap, old_map, pax_map
from indexer.containers.members.entry import Bytes
from indexer.containers.members.rows import Health
from indexer.containers.problems import SYMBOLIC_LINK

_ZEROS = bytes(RECORD)
_LONGEST_EXTENSION = 16 << 20
_MOST_PADDING = 2 << 20  # bytes of zeros at the end; tar -b 2048 pads to 1 MiB
_COMPRESSED = frozenset((b"jpg", b"jpeg", b"png", b"webp", b"gif", b"avif", b"heic", b"jxl"))


@dataclass(frozen=True, slots=True)
class TarEntry:
    """A member: where its data begin, and the first of them (``head``), which were read with the header.

    Attributes:
        target: of a link, the ordinal of the member whose data it has.
        link: of a link, the name that it leads to.
        sparse: of a sparse member, where its pieces belong; ``size`` is then the size of all pieces.
    """

    ordinal: int
    name: bytes
    size: int
    offset: int
    head: bytes
    problem: str | None
    target: int | None = None
    link: bytes = b""
    sparse: SparseMap | None = None


def entries(content: Bytes, health: Health) -> Iterator[TarEntry]:
    """Yield the members in order. Ordinals count every header that is not an extension; damage goes to ``health``.

    Symbolic links come last: the last member of a name counts. In a byte range, a member that is followed by
    something else than a header has a problem: a part of its bytes is missing, or others are inserted.

    Raises the errors of reading ``content``: BadData, OSError.
    """
    walk = _Walk(content, health)
    yield from _with_neighbours(walk) if isinstance(content, ByteRange) else walk.members()
    yield from walk.links()


def _with_neighbours(walk: "_Walk") -> Iterator[TarEntry]:
    """Yield each member when the header after it has been read; a tar has no checksum of members."""
    before: TarEntry | None = None
    for entry in itertools.chain(walk.members(), [None]):
        if before is not None:
            yield before if before.ordinal not in walk.displaced else replace(before, problem="bytes out of place")
        before = entry


_END = object()


@dataclass(slots=True)
class _Walk:
    content: Bytes
    health: Health
    position: int = 0
    ordinal: int = 0
    extensions: Extensions = field(default_factory=Extensions)
    targets: LinkTargets = field(default_factory=LinkTargets)
    sparse: dict[int, TarEntry] = field(default_factory=dict)
    waiting: list[TarEntry] = field(default_factory=list)
    displaced: set[int] = field(default_factory=set)  # members followed by something else than a header
    member_start: int = 0  # of the data of the last member
    member_size: int = 0
    member_end: int = 0
    is_nested: bool = False  # the last member may be a tar itself
    is_compressed: bool = False  # the last member is an image that does not end in zeros

    def members(self) -> Iterator[TarEntry]:
        """Yield the members, without the symbolic links that wait for their targets; go on behind missing volumes."""
        entry: object = None
        while entry is not _END:
            try:
                entry = self.step()
            except BadData as error:
                if error.reason != "volume missing" or not isinstance(self.content, ByteRange):
                    raise
                entry = self._behind_gap(self.content)
            if isinstance(entry, TarEntry):
                yield entry

    def _behind_gap(self, content: ByteRange) -> object:
        """Go to the first header behind the missing volume; return _END if there is none."""
        self.health.add("volume-missing", f"a volume is missing at byte {self.position} of the tar")
        try:
            content.read(self.member_start + max(0, self.member_size - 1), 1)
        except BadData:
            self.displaced.add(self.ordinal - 1)
        self.extensions.next = {}
        while self.position < content.size:
            self.position = content.next_part(self.position)
            volume = content.window(0, content.next_part(self.position) + RECORD)  # each is searched once
            with contextlib.suppress(BadData):  # another volume is missing
                found, _ = next_header(volume, self.position)
                if found is not None:
                    self.position = found
                    return None
        return _END

    def step(self) -> object:
        """Read one header; return its entry, _END, or None for a header that is not a member."""
        data = self.content.read(self.position, 2 * RECORD)
        raw = data[:RECORD]
        header = parse(raw) if raw != _ZEROS else None
        if header is None:
            return None if self._search(raw) else _END
        if header.type in EXTENSIONS:
            self._extend(header)
            return None
        return self._member(header, raw, data[RECORD:])

    def _extend(self, header: TarHeader) -> None:
        body = self.content.read(self.position + RECORD, min(header.size, _LONGEST_EXTENSION))
        self.extensions.take(header.type, body)
        self.position += RECORD + header.data_size

    def _member(self, header: TarHeader, raw: bytes, head: bytes) -> TarEntry | None:
        extension = self._sparse_extension(header)
        begin = self.position + RECORD + len(extension)
        header, sparse = self.extensions.applied(header)
        self.position = self.member_end = begin + header.data_size
        suffix = header.name.lower().rpartition(b".")[2]
        self.member_start, self.member_size = begin, header.size if header.data_size else 0
        self.is_nested, self.is_compressed = suffix == b"tar", suffix in _COMPRESSED
        self.ordinal += 1
        if header.type in UNLISTED or header.name.endswith(b"/"):
            return None
        ordinal, size = self.ordinal - 1, header.size if header.data_size else 0
        if header.type in LINKS:
            problem: str | None = PROBLEMS[chr(header.type)]
            return self._link(TarEntry(ordinal, header.name, 0, begin, b"", problem, link=header.link))
        if sparse or header.type == SPARSE:
            found = pax_map(sparse, self.content, begin) if sparse else old_map(raw, extension)
            entry = _sparse_entry(TarEntry(ordinal, header.name, size, begin, b"", self._cut(begin + size)), found)
            self.sparse[ordinal] = entry
        else:
            problem = PROBLEMS.get(chr(header.type)) or self._cut(begin + header.size)
            entry = TarEntry(ordinal, header.name, size, begin, head[:size], problem)
        if entry.problem is None:
            self.targets.add(header.name, ordinal, begin, size)
        return entry

    def _link(self, entry: TarEntry) -> TarEntry | None:
        """Return a link with its target's data; None for a symbolic link, which may lead to a later member.

        Symbolic links beyond the limit of those in memory lead to earlier members only.
        """
        if entry.problem == SYMBOLIC_LINK and len(self.waiting) < MOST_LINKS:
            self.waiting.append(entry)
            return None
        found = self._resolved(entry, _target(entry))
        if found.target is not None:
            self.targets.add(found.name, found.target, found.offset, found.size)
        return found

    def links(self) -> Iterator[TarEntry]:
        """Yield the symbolic links, at the end of the walk. They may lead to one another."""
        last = (entry for entry in self.waiting if not self.targets.has_later(entry.name, entry.ordinal))
        chained = {normal_name(entry.name): _target(entry) for entry in last}
        for entry in self.waiting:
            yield self._resolved(entry, end_of_links(_target(entry), chained))

    def _resolved(self, entry: TarEntry, link: bytes) -> TarEntry:
        """Return a link with the data of the member ``link`` that it leads to, or with a problem."""
        found = self.targets.find(link)
        if found is None:
            return entry
        target, offset, size = found
        if target in self.sparse:
            return replace(self.sparse[target], ordinal=entry.ordinal, name=entry.name, target=target, link=entry.link)
        return replace(entry, size=size, offset=offset, problem=None, target=target)

    def _sparse_extension(self, header: TarHeader) -> bytes:
        """Return the records that continue GNU's old sparse map."""
        records = b""
        while header.continued and len(records) < _LONGEST_EXTENSION:
            record = self.content.read(self.position + RECORD + len(records), RECORD)
            records += record
            if record[504:505] in (b"", b"\0"):
                break
        return records

    def _displaced_end(self, start: int) -> int:
        """Mark the last member as displaced; return where to search: bytes are missing, if its data have a header."""
        self.displaced.add(self.ordinal - 1)
        return start if self.is_nested or not isinstance(self.content, ByteRange) else self.member_start

    def _ends_in_zeros(self, content: ByteRange) -> bool:
        """Return whether the last member is an image that ends in zeros, which replace its last bytes."""
        size = self.member_size
        tail = content.read(self.member_start + max(0, size - RECORD), min(size, RECORD))
        is_cut = self.is_compressed and size >= RECORD and not tail.strip(b"\0")
        padding = content.read(self.member_start + size, max(0, self.member_end - self.member_start - size))
        if is_cut or padding.strip(b"\0"):
            self.displaced.add(self.ordinal - 1)
        return is_cut

    def _check_end(self, dirty: int | None) -> None:
        """Add a finding if data follow the end mark at ``dirty``, or if it may be that of an unfinished download."""
        is_cut = isinstance(self.content, ByteRange) and self._ends_in_zeros(self.content)
        if dirty is not None:
            self.health.add("data-after-end", f"data follow the end mark, at byte {dirty}")
        elif isinstance(self.content, ByteRange) and (is_cut or self.content.size - self.position > _MOST_PADDING):
            zeros = f"the last {self.content.size - self.position} bytes are zeros"
            self.health.add("zeros-at-end", f"{zeros}: the download may be unfinished")

    def _cut(self, end: int) -> str | None:
        return "truncated" if self.content.size is not None and end > self.content.size else None

    def _search(self, raw: bytes) -> bool:
        """Add a finding for a missing header and go to the next one; return False if there is none."""
        if len(raw) < RECORD and isinstance(self.content, ByteRange) and self.position + len(raw) < self.content.size:
            raise BadData("volume missing")
        if len(raw) < RECORD:
            self.health.add("no-end-marker", f"the tar ends at byte {self.position + len(raw)} without its end mark")
            return False
        self.extensions.next = {}  # they belong to the member whose header is damaged
        ended = raw == _ZEROS
        start = self.position + RECORD
        if not ended:
            self.health.add("header-damaged", f"no valid header at byte {self.position}")
            if self.position == self.member_end and not resembles_header(raw):
                start = self._displaced_end(start)
        found, dirty = next_header(self.content, start)
        if ended:
            self._check_end(dirty)
        self.position = found or self.position
        return found is not None


def _target(entry: TarEntry) -> bytes:
    return link_target(entry.name, entry.link, entry.problem == SYMBOLIC_LINK)


def _sparse_entry(entry: TarEntry, found: SparseMap | None) -> TarEntry:
    """Return a sparse member with its map, which must fit to its data."""
    if found is None or found.skipped + found.stored > entry.size:
        return replace(entry, problem="sparse file")
    return replace(entry, sparse=found)
