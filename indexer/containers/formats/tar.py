"""Walk a tar header by header: skip data by seeking in a byte range, or by reading a stream.

After an end mark or a damaged header the walk searches for further headers, so that members after the damage are found.
The damage itself is a finding.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from indexer.containers.bytes.tar_header import (
    EXTENSIONS,
    PROBLEMS,
    RECORD,
    UNLISTED,
    TarHeader,
    is_header,
    parse,
    pax_records,
    whole_number,
)
from indexer.containers.members.entry import Bytes
from indexer.containers.members.rows import Health

_BLOCK = 1 << 20
_ZEROS = bytes(RECORD)
_MOST_SEARCHED = 256 << 20  # bytes to search for headers after an end mark or a damaged header
_LONGEST_EXTENSION = 16 << 20


@dataclass(frozen=True, slots=True)
class TarEntry:
    """A member: where its data begin, and the first of them (``head``), which were read with the header."""

    ordinal: int
    name: bytes
    size: int
    offset: int
    head: bytes
    problem: str | None


@dataclass(slots=True)
class _Extensions:
    """Fields from pax and GNU headers for the next member, and (``everywhere``) for all following members."""

    everywhere: dict[str, bytes] = field(default_factory=dict)
    next: dict[str, bytes] = field(default_factory=dict)

    def take(self, kind: int, body: bytes) -> None:
        if kind == ord("g"):
            self.everywhere |= pax_records(body)
        elif kind in b"xX":
            self.next |= pax_records(body)
        elif kind == ord("L"):
            self.next["path"] = body.split(b"\0", 1)[0]

    def applied(self, header: TarHeader) -> tuple[TarHeader, bool]:
        """Return the extended header, and whether it is that of a sparse file in a pax format."""
        known = self.everywhere | self.next
        self.next = {}
        if not known:
            return header, False
        size = whole_number(known.get("size", b""))
        header = header if size is None else replace(header, size=size)
        name = known.get("GNU.sparse.name", known.get("path", header.name))
        return replace(header, name=name), any(key.startswith("GNU.sparse.") for key in known)


def entries(content: Bytes, health: Health) -> Iterator[TarEntry]:
    """Yield the members in order. Ordinals count every header that is not an extension; damage goes to ``health``.

    Raises the errors of reading ``content``: BadData, OSError.
    """
    walk = _Walk(content, health)
    while (entry := walk.step()) is not _END:
        if isinstance(entry, TarEntry):
            yield entry


_END = object()


@dataclass(slots=True)
class _Walk:
    content: Bytes
    health: Health
    position: int = 0
    ordinal: int = 0
    extensions: _Extensions = field(default_factory=_Extensions)

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
        return self._member(header, data[RECORD:])

    def _extend(self, header: TarHeader) -> None:
        body = self.content.read(self.position + RECORD, min(header.size, _LONGEST_EXTENSION))
        self.extensions.take(header.type, body)
        self.position += RECORD + header.data_size

    def _member(self, header: TarHeader, head: bytes) -> TarEntry | None:
        begin = self.position + RECORD + self._sparse_map(header)
        header, sparse = self.extensions.applied(header)
        self.position = begin + header.data_size
        self.ordinal += 1
        if header.type in UNLISTED or header.name.endswith(b"/"):
            return None
        problem = "sparse file" if sparse else PROBLEMS.get(chr(header.type)) or self._cut(begin + header.size)
        size = header.size if header.data_size else 0
        return TarEntry(self.ordinal - 1, header.name, size, begin, head[:size], problem)

    def _sparse_map(self, header: TarHeader) -> int:
        """Return the size of the records that continue GNU's old sparse map."""
        length = 0
        while header.continued and length < _LONGEST_EXTENSION:
            record = self.content.read(self.position + RECORD + length, RECORD)
            length += RECORD
            if record[504:505] in (b"", b"\0"):
                break
        return length

    def _cut(self, end: int) -> str | None:
        return "truncated" if self.content.size is not None and end > self.content.size else None

    def _search(self, raw: bytes) -> bool:
        """Add a finding for a missing header and go to the next one; return False if there is none."""
        if len(raw) < RECORD:
            self.health.add("no-end-marker", f"the tar ends at byte {self.position + len(raw)} without its end mark")
            return False
        ended = raw == _ZEROS
        if not ended:
            self.health.add("header-damaged", f"no valid header at byte {self.position}")
        found, dirty = _next_header(self.content, self.position + RECORD)
        if ended and dirty is not None:
            self.health.add("data-after-end", f"data follow the end mark, at byte {dirty}")
        self.position = found or self.position
        return found is not None


def _next_header(content: Bytes, position: int) -> tuple[int | None, int | None]:
    """Return where the next header at or after ``position`` is, and the first record that is not zero."""
    dirty = None
    for start in range(position, position + _MOST_SEARCHED, _BLOCK):
        block = content.read(start, _BLOCK)
        if not block:
            break
        clean = (len(block) - len(block.lstrip(b"\0"))) // RECORD * RECORD
        for place in range(clean, len(block), RECORD):
            record = block[place : place + RECORD]
            dirty = start + place if dirty is None and record.strip(b"\0") else dirty
            if is_header(record):
                return start + place, dirty
    return None, dirty
