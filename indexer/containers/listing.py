"""A container -> its raw rows, then its report."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from indexer.base.errors import SourceError, Unreachable
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.grouping import promised_of
from indexer.containers.kinds import HEAD_SIZE, function_of, kind_of, nests
from indexer.containers.members.budget import Budget
from indexer.containers.members.rows import BATCH_ROWS, Health, shown
from indexer.containers.models import ArchiveLimits, Container, ContainerStatus, ListingReport, MemberBytes
from indexer.containers.opening import check_volumes, opened
from indexer.containers.walking.levels import ArchiveLevel
from indexer.containers.walking.walk import ContainerWalk, WalkFilter

Listed: TypeAlias = pa.RecordBatch | MemberBytes | ListingReport
Capture: TypeAlias = Callable[[str], bool]


def list_members(
    container: Container, limits: ArchiveLimits, capture: Capture | None = None, scratch: Path | None = None
) -> Iterator[Listed]:
    """Batches of MEMBER_SCHEMA in the container's order, the Report last; bad data are part of the report.

    ``capture`` says by name which members to hand over at once, as :class:`Captured`, where reading them later would
    take another pass. ``scratch`` is for what has to be unpacked to be looked into. Raises DependencyError where a
    library is missing, Unreachable where object storage gives no answer.
    """
    lists = function_of(container.kind, "lists")
    if lists is not None:
        yield from lists(container, limits)
    elif nests(container.kind):
        yield from _list_archive(container, limits, capture, scratch)
    else:
        yield ListingReport(ContainerStatus.SKIPPED, f"no reader for {container.kind}", None, 0)


def _list_archive(
    container: Container, limits: ArchiveLimits, capture: Capture | None, scratch: Path | None
) -> Iterator[Listed]:
    wants = capture or (lambda _: False)
    interest = WalkFilter(lambda _, name: wants(name), lambda _: True, limits.side_file_size)
    budget = Budget(limits, sum(volume.size for volume in container.volumes))
    walk = ContainerWalk(shown(container.path), budget, interest, scratch)
    try:
        check_volumes(container, walk.health)
        with opened(container) as content:
            _check_name(container, content.window, walk.health)
            level = ArchiveLevel(content.window, container.kind, container.path, starts=content.starts)
            yield from _gathered(walk.level(level))
    except Unreachable:
        raise
    except (OSError, SourceError) as error:
        walk.health.add("unreadable", str(error))
    yield _report(container, walk)


def _gathered(found: Iterator[pa.RecordBatch | MemberBytes]) -> Iterator[pa.RecordBatch | MemberBytes]:
    """Small batches put together: a tar of a thousand tars should not come as a thousand batches."""
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for item in found:
        if isinstance(item, MemberBytes):
            yield item
            continue
        waiting.append(item)
        rows += len(item)
        if rows >= BATCH_ROWS // 2:
            yield _joined(waiting)
            waiting, rows = [], 0
    if waiting:
        yield _joined(waiting)


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)  # which would copy a single one


def _check_name(container: Container, window: ByteRange, health: Health) -> None:
    """A finding where the name of a single file promises another kind than its bytes are of."""
    promised = promised_of(container.path)
    kind = kind_of(window.read(0, HEAD_SIZE)) if len(container.volumes) == 1 else None
    if kind and kind is not promised:
        promise = f"promises {promised}" if promised else "does not promise an archive"
        health.add("extension", f"{shown(container.path)} {promise}, its first bytes are of {kind}")


def _report(container: Container, walk: ContainerWalk) -> ListingReport:
    """How the listing ended; nothing listed out of something is a failure, whatever else was found."""
    health = walk.health
    if walk.listed == 0:
        size = sum(volume.size for volume in container.volumes)
        health.add("no-members", f"no member was found in {size} bytes")
        health.reason = f"{health.findings[0].code}: {health.findings[0].detail}"
    status = (
        ContainerStatus.FAILED
        if walk.listed == 0
        else ContainerStatus.PARTIAL
        if health.reason
        else ContainerStatus.COMPLETE
    )
    return ListingReport(status, health.reason, health.declared, walk.listed, findings=health.all_findings())
