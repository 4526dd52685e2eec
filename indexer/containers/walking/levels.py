"""Convert rows of a nested archive to rows of the container."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.kinds import Kind
from indexer.containers.members.entry import Bytes, random_access
from indexer.containers.models import MEMBER_SCHEMA, Access


@dataclass(frozen=True, slots=True)
class ArchiveLevel:
    """An archive during a walk: the container itself, or one nested in it.

    Attributes:
        content: its bytes.
        kind: its kind.
        name: its name.
        depth: 0 for the container, 1 for an archive in it, and so on.
        outer: the ordinal of the container's member that it is in; None for the container.
        prefix: goes before the names of its members.
        prefix_bytes: the prefix as bytes if it is not UTF-8.
        base: where it begins in the container; None if it was unpacked.
        starts: where its disks begin.
    """

    content: Bytes
    kind: Kind
    name: str
    depth: int = 0
    outer: int | None = None
    prefix: str = ""
    prefix_bytes: bytes | None = None
    base: int | None = 0
    starts: tuple[int, ...] = (0,)

    @property
    def window(self) -> ByteRange:
        """Return the content with random access. Raises TypeError if it is a stream."""
        return random_access(self.content, self.name)

    def in_container(self, ordinal: int) -> int:
        """Return the ordinal of the container's member that is the member ``ordinal`` of this archive, or has it."""
        return ordinal if self.outer is None else self.outer


def placed(batch: pa.RecordBatch, level: ArchiveLevel, path: str) -> pa.RecordBatch:
    """Return ``batch`` with the container's path, prefixed names, and offsets that count from the container's start."""
    changed = {"path": pa.repeat(pa.scalar(path), len(batch))}
    if level.depth:
        changed |= {"name": _joined(level.prefix, batch["name"]), "name_bytes": _raw(batch, level)}
    if level.base is None:
        changed |= {
            "access": pa.repeat(pa.scalar(Access.SEQUENTIAL.value), len(batch)),
            "offset": pa.nulls(len(batch), pa.int64()),
        }
    elif level.base:
        changed["offset"] = pc.add(batch["offset"], level.base)
    columns = [changed.get(name, batch[name]) for name in MEMBER_SCHEMA.names]
    return pa.RecordBatch.from_arrays(columns, schema=MEMBER_SCHEMA)


def _joined(prefix: str | bytes, names: pa.Array) -> pa.Array:
    nothing = pa.scalar(prefix[:0], names.type)
    return pc.binary_join_element_wise(pa.scalar(prefix, names.type), names, nothing)


def _raw(batch: pa.RecordBatch, level: ArchiveLevel) -> pa.Array:
    """Return the names as bytes where they or the prefix are not UTF-8."""
    raw = batch["name_bytes"]
    if level.prefix_bytes is None:
        return _joined(level.prefix.encode(), raw)
    return _joined(level.prefix_bytes, pc.coalesce(raw, batch["name"].cast(pa.binary())))
