"""Symbolic links in a zip: rows with the location of the members that they lead to."""

import posixpath
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from indexer.base.errors import BadData
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.formats.links import LONGEST_TARGET, MOST_HOPS, MOST_LINKS
from indexer.containers.formats.zip.reading import Packed, read_zip_member
from indexer.containers.members.rows import Health
from indexer.containers.models import MEMBER_SCHEMA
from indexer.containers.problems import SYMBOLIC_LINK

_LOCATION = ("size", "packed_size", "method", "crc32", "access", "offset", "problem")


def with_links(
    window: ByteRange, batches: Iterator[pa.RecordBatch], again: Callable[[], Iterator[pa.RecordBatch]], health: Health
) -> Iterator[pa.RecordBatch]:
    """Yield ``batches`` of a zip without its symbolic links, then the links; ``again`` lists the same batches anew.

    Links that lead to no member keep their problem, and are findings with their target.
    """
    links: list[dict[str, Any]] = []
    for batch in batches:
        is_link = pc.fill_null(pc.equal(batch["problem"], SYMBOLIC_LINK), False)
        count = pc.sum(is_link).as_py() or 0
        if len(links) + count > MOST_LINKS:
            health.add("not-a-file", f"{count} more symbolic links, which are not followed")
        elif count:
            links += batch.filter(is_link).to_pylist()
            batch = batch.filter(pc.invert(is_link))  # noqa: PLW2901
        yield batch
    if links:
        yield _resolved(links, [_target(window, row) for row in links], again, health)


def _resolved(
    links: list[dict[str, Any]],
    targets: list[str | None],
    again: Callable[[], Iterator[pa.RecordBatch]],
    health: Health,
) -> pa.RecordBatch:
    """Return the rows of links with the location of their targets."""
    by_name = {row["name"]: target for row, target in zip(links, targets, strict=True)}
    ends = [_end(target, by_name) for target in targets]
    located = _located({end for end in ends if end is not None}, again)
    for row, target, end in zip(links, targets, ends, strict=True):
        if found := located.get(end or ""):
            row |= found  # noqa: PLW2901
        else:
            health.add("not-a-file", f"{row['name']}: {SYMBOLIC_LINK} to {target or '?'}", row["ordinal"])
    return pa.RecordBatch.from_pylist(links, MEMBER_SCHEMA)


def _target(window: ByteRange, row: dict[str, Any]) -> str | None:
    """Return the name of the member that a link leads to; None if the link cannot be read."""
    if row["offset"] is None or not 0 < row["size"] <= LONGEST_TARGET:
        return None
    try:
        data = read_zip_member(
            window, Packed(*(row[key] for key in ("offset", "packed_size", "size", "method", "crc32")))
        )
    except BadData:
        return None
    link = data.decode("utf-8", "replace")
    return posixpath.normpath(posixpath.join(posixpath.dirname(row["name"]), link))


def _end(target: str | None, links: dict[str, str | None]) -> str | None:
    """Return where a chain of links ends; None if it has no end."""
    for _ in range(MOST_HOPS):
        if target is None or target not in links:
            return target
        target = links[target]
    return None


def _located(names: set[str], again: Callable[[], Iterator[pa.RecordBatch]]) -> dict[str, dict[str, Any]]:
    """Return the columns that locate each of these members; the last member of a name counts."""
    found: dict[str, dict[str, Any]] = {}
    wanted = pa.array(sorted(names), pa.string())
    for batch in again():
        for row in batch.filter(pc.is_in(batch["name"], wanted)).to_pylist():
            if row["problem"] != SYMBOLIC_LINK:
                found[row["name"]] = {key: row[key] for key in _LOCATION}
    return found
