"""Walk through a container and the archives nested in it: yield raw rows, and members with sequential access.

Every archive is a *level*. If all layers around a member are stored or plain, its offset counts from the start of the
container, and the walk goes on without reading it. Otherwise only a walk reaches it (access ``sequential``). Listing
and reading make the same walk, so ordinals mean the same to both.

The ordinal of a member of the container itself is its index there. All members nested in the member with ordinal p, at
any depth, have ``(p + 1) << 32`` plus a count in the order of the walk.
"""

import contextlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from indexer.base.errors import BadData
from indexer.containers.bytes.spool import limited, spooled
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.kinds import HEAD_SIZE, Kind, archive_names, nests, unusual_names
from indexer.containers.members.budget import Budget, within_limits
from indexer.containers.members.entry import Bytes, Entry, blocks_of
from indexer.containers.members.repeated_names import Repeats
from indexer.containers.members.rows import BATCH_ROWS, Health, Row, batch_of, decoded
from indexer.containers.models import Access, MemberBytes
from indexer.containers.walking.dispatch import entries_of, zip_batches, zip_entry
from indexer.containers.walking.levels import ArchiveLevel, placed
from indexer.containers.walking.nesting import nested_kind, refuse_images
from indexer.containers.walking.overlooked import Overlooked

NESTED_SHIFT = 32


@dataclass(frozen=True, slots=True)
class WalkFilter:
    """The purpose of a walk.

    Attributes:
        reads: decides by ordinal and name which members to read, of those with sequential access.
        enters: decides by ordinal which of the container's members may be walked as archives.
        most: the largest number of bytes to read of a member.
    """

    reads: Callable[[int, str], bool]
    enters: Callable[[int], bool]
    most: int


Found: TypeAlias = pa.RecordBatch | MemberBytes


class ContainerWalk:
    """One walk through the container at ``path``. Damage goes to ``health``; only OSError is raised."""

    def __init__(self, path: str, budget: Budget, walk_filter: WalkFilter, scratch: Path | None) -> None:
        self.health = Health()
        self.overlooked = Overlooked()
        self.listed = 0
        self._path, self._filter, self._scratch = path, walk_filter, scratch
        self._budget, self._limits = budget, budget.limits
        self._nested = count()  # ordinals of the members in the one that is visited

    def level(self, level: ArchiveLevel) -> Iterator[Found]:
        """Yield the members of one archive, and of those nested in it."""
        health = self.health if level.outer is None else self.health.below(level.outer, level.name)
        return self._zip(level, health) if level.kind is Kind.ZIP else self._entries(level, health)

    def _zip(self, level: ArchiveLevel, health: Health) -> Iterator[Found]:
        with _noting(health):
            for batch in zip_batches(level, self._limits, health):
                found = self._placed(self._numbered(batch, level), level)
                yield found
                if not level.window.volumes.is_remote:  # a request each
                    self.overlooked.add_small(found, partial(self._head, level, batch), self.health)
                unusual = unusual_names(batch["name"])
                head_of = partial(self._head, level, batch.take(unusual))
                hidden = self.overlooked.add_batch(found.take(unusual), head_of, self.health)
                archives = {
                    *unusual.take(pa.array(hidden, pa.int64())).to_pylist(),
                    *unusual.filter(archive_names(found["name"].take(unusual))).to_pylist(),
                }
                for place in self._indexes_to_visit(archives, found, level):
                    head = self._head(level, batch, place) if place in archives else None
                    ordinal = found["ordinal"][place].as_py()
                    yield from self._zip_member(level, batch.slice(place, 1), ordinal, head)

    def _entries(self, level: ArchiveLevel, health: Health) -> Iterator[Found]:
        rows: list[Row] = []
        repeats = Repeats()
        numbers: dict[int, int] = {}  # ordinals in a nested archive -> those of the walk
        with _noting(health):
            for entry in entries_of(level, self._budget, health):
                ordinal = self._number(level, entry.row)
                if level.outer is not None:
                    numbers[entry.row.ordinal] = ordinal
                if entry.target is not None and numbers:
                    entry = replace(entry, target=numbers[entry.target])  # noqa: PLW2901
                row = yield from self._visit(level, within_limits(entry, self._limits, health), ordinal)
                rows.append(replace(row, ordinal=ordinal))
                if len(rows) >= BATCH_ROWS:
                    yield self._flushed(rows, level, repeats)
        if rows:
            yield self._flushed(rows, level, repeats)
        repeats.report(health)

    def _flushed(self, rows: list[Row], level: ArchiveLevel, repeats: Repeats) -> pa.RecordBatch:
        """Return the collected rows as a batch, and clear them."""
        repeats.add([row.ordinal for row in rows], [hash(row.name) for row in rows])
        batch = self._placed(batch_of(rows), level)
        rows.clear()
        return batch

    def _number(self, level: ArchiveLevel, row: Row) -> int:
        return row.ordinal if level.outer is None else next(self._nested)

    def _numbered(self, batch: pa.RecordBatch, level: ArchiveLevel) -> pa.RecordBatch:
        if level.outer is None:
            return batch
        first = next(self._nested)
        self._nested = count(first + len(batch))
        return batch.set_column(0, batch.schema.field(0), pa.array(range(first, first + len(batch)), pa.int64()))

    def _placed(self, batch: pa.RecordBatch, level: ArchiveLevel) -> pa.RecordBatch:
        self.listed += len(batch)
        if self.listed > self._limits.members:
            raise BadData("over the member limit", f"more than {self._limits.members} members")
        return placed(batch, level, self._path)

    def _indexes_to_visit(self, archives: set[int], found: pa.RecordBatch, level: ArchiveLevel) -> list[int]:
        """Return the indexes of members that may be archives, or that this walk must read."""
        visited = set(archives)
        if level.base is None:
            pairs = zip(found["ordinal"].to_pylist(), found["name"].to_pylist(), strict=True)
            visited |= {place for place, (ordinal, name) in enumerate(pairs) if self._filter.reads(ordinal, name)}
        return [place for place in sorted(visited) if not found["problem"][place].is_valid]

    def _head(self, level: ArchiveLevel, batch: pa.RecordBatch, place: int) -> bytes:
        """Return the first bytes of a member of a zip; none if they cannot be read."""
        try:
            entry = zip_entry(level.window, batch.slice(place, 1).to_pylist()[0], self._budget)
            return next(entry.blocks(), b"")[:HEAD_SIZE]
        except BadData:
            return b""

    def _zip_member(
        self, level: ArchiveLevel, row: pa.RecordBatch, ordinal: int, head: bytes | None
    ) -> Iterator[Found]:
        try:
            entry = replace(zip_entry(level.window, row.to_pylist()[0], self._budget), head=head)
        except BadData as error:
            self._note(level, ordinal, row["name"][0].as_py(), error)
        else:
            yield from self._visit(level, entry, ordinal)

    def _visit(self, level: ArchiveLevel, entry: Entry, ordinal: int) -> Generator[Found, None, Row]:
        """Read a member if the filter selects it, walk it if it is an archive; return its row with the size found."""
        if level.outer is None:
            self._nested = count((ordinal + 1) << NESTED_SHIFT)
        name = level.prefix + decoded(entry.row.name)[0]
        is_sequential = level.base is None or entry.row.access is Access.SEQUENTIAL
        is_read = is_sequential and self._filter.reads(ordinal, name)
        try:
            self.overlooked.add_member(name, entry, self.health, ordinal)
            kind = self._kind_inside(level, entry, ordinal)
            size = yield from self._read_or_enter(_Visit(level, entry, ordinal, name, kind, is_read))
        except BadData as error:
            if is_read:
                yield MemberBytes(ordinal, name, error)
            if entry.row.problem is None:
                self._note(level, ordinal, name, error)
            return entry.row
        return replace(entry.row, size=size)

    def _kind_inside(self, level: ArchiveLevel, entry: Entry, ordinal: int) -> Kind | None:
        if not self._filter.enters(level.in_container(ordinal)):
            return None
        kind = nested_kind(entry, decoded(entry.row.name)[0])
        if kind and level.depth >= self._limits.depth:
            raise BadData("nested too deep", f"archives are walked {self._limits.depth} levels deep")
        return kind

    def _read_or_enter(self, visit: "_Visit") -> Generator[Found, None, int | None]:
        """Read or walk the member; return its size."""
        entry = visit.entry
        if visit.is_read and entry.row.problem:
            raise BadData(entry.row.problem)
        if entry.target is not None:
            if visit.is_read:
                yield MemberBytes(visit.ordinal, visit.name, BadData("hard link"), entry.target)
            return entry.row.size
        if visit.kind:
            return (yield from self._entered(visit, visit.kind))
        if visit.is_read:
            data = b"".join(limited(entry.blocks(), self._filter.most))
            yield MemberBytes(visit.ordinal, visit.name, data)
            return len(data)
        if entry.row.size is None:
            return sum(map(len, limited(entry.blocks(), self._limits.member_size)))
        return entry.row.size

    def _entered(self, visit: "_Visit", kind: Kind) -> Generator[Found, None, int | None]:
        content = visit.entry.content
        with contextlib.ExitStack() as stack:
            if not isinstance(content, ByteRange) and (kind is not Kind.TAR or content is None or visit.is_read):
                blocks = limited(visit.entry.blocks(), self._limits.member_size)
                content = stack.enter_context(spooled(blocks, self._scratch))
            if visit.is_read:
                yield MemberBytes(visit.ordinal, visit.name, b"".join(blocks_of(content, content.size or 0)))
            if isinstance(content, ByteRange) and not nests(kind):
                refuse_images(content, kind)
                return content.size
            yield from self.level(visit.below(content, kind))
            return content.size

    def _note(self, level: ArchiveLevel, ordinal: int, name: str, error: BadData) -> None:
        self.health.add(error.reason.replace(" ", "-"), f"{name}: {error}", level.in_container(ordinal))


@dataclass(frozen=True, slots=True)
class _Visit:
    """The current member of a walk, and whether it is walked (``kind``) or read."""

    level: ArchiveLevel
    entry: Entry
    ordinal: int
    name: str
    kind: Kind | None
    is_read: bool

    def below(self, content: Bytes, kind: Kind) -> ArchiveLevel:
        """Return the member as an archive. Its offset in the container is known if its bytes are there unpacked."""
        level, raw = self.level, self.entry.row.name
        is_utf8 = decoded(raw)[1] is None and level.prefix_bytes is None
        outer_raw = level.prefix.encode() if level.prefix_bytes is None else level.prefix_bytes
        base = None
        if isinstance(content, ByteRange) and content is self.entry.content and level.base is not None:
            base = content.start
        return ArchiveLevel(
            content=content,
            kind=kind,
            name=self.name,
            depth=level.depth + 1,
            outer=level.in_container(self.ordinal),
            prefix=f"{self.name}!",
            prefix_bytes=None if is_utf8 else outer_raw + raw + b"!",
            base=base,
        )


@contextlib.contextmanager
def _noting(health: Health) -> Iterator[None]:
    """End the walk through one archive on bad data, not the whole walk."""
    try:
        yield
    except BadData as error:
        health.add(error.reason.replace(" ", "-"), error.detail or error.reason)
