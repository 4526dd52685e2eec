"""List a container: its raw rows, then a report."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from indexer.base.errors import SourceError, Unreachable
from indexer.base.placeholders import PLACEHOLDER_SIZE, placeholder_of
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.first_bytes import unfinished_of
from indexer.containers.kinds import HEAD_SIZE, function_of, kind_of, nests
from indexer.containers.members.budget import Budget
from indexer.containers.members.rows import BATCH_ROWS, Health, shown
from indexer.containers.models import ArchiveLimits, Container, ContainerStatus, Finding, ListingReport, MemberBytes
from indexer.containers.opening import check_unequal_sizes, check_volumes, opened
from indexer.containers.set_detection import file_window
from indexer.containers.volume_names import promised_of
from indexer.containers.walking.levels import ArchiveLevel
from indexer.containers.walking.walk import ContainerWalk, WalkFilter

Listed: TypeAlias = pa.RecordBatch | MemberBytes | ListingReport
Capture: TypeAlias = Callable[[str], bool]


def list_members(
    container: Container, limits: ArchiveLimits, capture: Capture | None = None, scratch: Path | None = None
) -> Iterator[Listed]:
    """Yield batches of MEMBER_SCHEMA in the container's order, then the report. Bad data are part of the report.

    Args:
        container: the container, as :func:`find_containers` returns it.
        limits: budgets for members, nesting and unpacking.
        capture: decides by name which members to yield at once, as MemberBytes, if they have sequential access only:
            reading them later would unpack the container a second time.
        scratch: the folder for nested archives that must be unpacked; None is the system's temporary folder.

    Raises:
        DependencyError: a library is missing.
        Unreachable: object storage does not answer.
    """
    lists = function_of(container.kind, "lists")
    found = _placeholders(container)
    if found and found[0].detail.startswith(f"{shown(container.volumes[0].path)} is "):
        reason = f"{found[0].code}: {found[0].detail}"
        yield ListingReport(ContainerStatus.FAILED, reason, None, 0, findings=tuple(found))
    elif lists is not None:
        yield from lists(container, limits)
    elif nests(container.kind):
        yield from _list_archive(container, limits, capture, scratch)
    else:
        yield ListingReport(ContainerStatus.SKIPPED, f"no reader for {container.kind}", None, 0)


def _list_archive(
    container: Container, limits: ArchiveLimits, capture: Capture | None, scratch: Path | None
) -> Iterator[Listed]:
    is_captured = capture or (lambda _: False)
    walk_filter = WalkFilter(lambda _, name: is_captured(name), lambda _: True, limits.side_file_size)
    budget = Budget(limits, sum(volume.size for volume in container.volumes))
    walk = ContainerWalk(shown(container.path), budget, walk_filter, scratch)
    try:
        for found in _placeholders(container):
            walk.health.add(found.code, found.detail)
        if len(container.volumes) == 1:
            _check_unfinished(container, walk.health)
        check_volumes(container, walk.health)
        with opened(container) as content:
            _check_name(container, content.window, walk.health)
            level = ArchiveLevel(content.window, container.kind, container.path, starts=content.starts)
            yield from _with_larger_batches(walk.level(level))
    except Unreachable:
        raise
    except (OSError, SourceError) as error:
        walk.health.add("unreadable", str(error))
    walk.overlooked.report(walk.health)
    if walk.health.reason:
        check_unequal_sizes(container, walk.health)
    if walk.health.reason and len(container.volumes) > 1:  # .part may be the suffix of parts
        _check_unfinished(container, walk.health)
    if walk.health.reason and container.hint:
        walk.health.findings[:0] = [Finding("volume-missing", container.hint)]
        walk.health.reason = f"volume-missing: {container.hint}"
    yield _report(container, walk)


def _check_unfinished(container: Container, health: Health) -> None:
    if (name := unfinished_of(container.path)) is not None:
        health.add("unfinished-download", f"finish the download of {shown(name)}")


def _placeholders(container: Container) -> list[Finding]:
    """Return a finding for each volume that is a web page or a pointer instead of the file."""
    found = []
    for volume in container.volumes:
        if volume.size <= PLACEHOLDER_SIZE:
            with file_window(container.root, volume) as window:
                if placeholder := placeholder_of(window.read(0, HEAD_SIZE)):
                    found.append(Finding("placeholder", f"{shown(volume.path)} is {placeholder}"))
    return found


def _with_larger_batches(found: Iterator[pa.RecordBatch | MemberBytes]) -> Iterator[pa.RecordBatch | MemberBytes]:
    """Join small batches: a tar of a thousand tars should not yield a thousand batches."""
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
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)  # which would copy a single batch


def _check_name(container: Container, window: ByteRange, health: Health) -> None:
    """Add a finding if the suffix of a single file belongs to another kind than its first bytes."""
    promised = promised_of(container.path)
    kind = kind_of(window.read(0, HEAD_SIZE)) if len(container.volumes) == 1 else None
    if kind and kind is not promised:
        promise = f"is named as {promised}" if promised else "is not named as an archive"
        health.add("extension", f"{shown(container.path)} {promise}, its first bytes are {kind}")


def _other_file(container: Container) -> list[Finding]:
    """Return a finding if a container of one file, in which no member was found, does not begin as an archive."""
    with file_window(container.root, container.volumes[0]) as window:
        if len(container.volumes) > 1 or window.size == 0 or kind_of(window.read(0, HEAD_SIZE)) is not None:
            return []
    cause = "it is another file, or parts were joined in a wrong order"
    return [Finding("not-an-archive", f"{shown(container.path)} does not begin as an archive: {cause}")]


def _report(container: Container, walk: ContainerWalk) -> ListingReport:
    """Return the report of a listing that has ended. A listing without members has failed."""
    health = walk.health
    status = ContainerStatus.PARTIAL if health.reason else ContainerStatus.COMPLETE
    if walk.listed == 0:
        size = sum(volume.size for volume in container.volumes)
        health.add("no-members", f"no member was found in {size} bytes")
        is_explained = health.counts["unreadable"] or health.counts["volume-missing"]
        health.findings[:0] = [] if is_explained else _other_file(container)
        health.reason = f"{health.findings[0].code}: {health.findings[0].detail}"
        status = ContainerStatus.FAILED
    return ListingReport(status, health.reason, health.declared, walk.listed, findings=health.all_findings())
