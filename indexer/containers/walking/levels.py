"""Rows in terms of their archive -> rows in terms of the container."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from indexer.containers.kinds import Kind
from indexer.containers.members.entry import Bytes
from indexer.containers.models import MEMBER_SCHEMA, Access


@dataclass(frozen=True, slots=True)
class ArchiveLevel:
    """An archive on the way of a walk.

    ``name`` is the archive's own, ``outer`` the place in the container of the member it lies in (None for the
    container itself). ``prefix`` goes before its members' names; ``prefix_bytes`` where it is not UTF-8. ``base`` is
    where it begins in the container, None if it was unpacked on the way. ``starts`` are its disks.
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


def placed(batch: pa.RecordBatch, level: ArchiveLevel, path: str) -> pa.RecordBatch:
    """``batch`` of ``level`` with the container's path, its own prefix before names, its offsets where they add up."""
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
    """The names as bytes where they or the prefix are not UTF-8."""
    raw = batch["name_bytes"]
    if level.prefix_bytes is None:
        return _joined(level.prefix.encode(), raw)
    return _joined(level.prefix_bytes, pc.coalesce(raw, batch["name"].cast(pa.binary())))
