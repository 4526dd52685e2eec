"""A container's volumes opened as one stretch of bytes, with room for those that are missing."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from indexer.base.errors import SourceError
from indexer.base.remote import Object, Root, Url
from indexer.containers.bytes.volumes import ByteRange, VolumePart, Volumes
from indexer.containers.file_stamp import StatResult, size_and_time
from indexer.containers.formats.zip.end import find_end
from indexer.containers.grouping import LAST, Cut, numbers_of
from indexer.containers.members.rows import Health, shown
from indexer.containers.models import Container, Volume

# A split zip's volume ends early rather than in the middle of a header. What is missing beyond that was lost.
_SPLIT_SLACK = 1024


@dataclass(frozen=True, slots=True)
class Opened:
    """All bytes of a container, and where each of its disks (volumes, missing ones too) begins in them."""

    window: ByteRange
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Disk:
    """One volume: what of it lies on disk (None: nothing does), and what it should hold at least."""

    name: str
    volume: Volume | None
    room: int

    @property
    def size(self) -> int:
        return max(self.room, self.volume.size if self.volume else 0)


@contextlib.contextmanager
def opened(container: Container) -> Iterator[Opened]:
    """Open all volumes of an archive. Raises SourceError where one has vanished or changed."""
    with contextlib.ExitStack() as stack:
        disks = _disks(container)
        parts = [part for disk in disks for part in _parts(container.root, disk, stack)]
        starts = tuple(accumulate((disk.size for disk in disks[:-1]), initial=0))
        yield Opened(Volumes(parts).window(), starts)


def _parts(root: Root, disk: _Disk, stack: contextlib.ExitStack) -> Iterator[VolumePart]:
    if disk.volume is not None:
        yield stack.enter_context(opened_volume(root, disk.volume))
    lost = disk.size - (disk.volume.size if disk.volume else 0)
    if lost:
        yield VolumePart(disk.name, lost, None)


def opened_volume(root: Root, volume: Volume) -> contextlib.AbstractContextManager[VolumePart]:
    """One volume, which must be as it was when scanned. Entering raises SourceError."""
    place = root / volume.path
    return _in_storage(place, volume) if isinstance(place, Url) else _on_disk(place, volume)


@contextlib.contextmanager
def _on_disk(path: Path, volume: Volume) -> Iterator[VolumePart]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise _gone(path, error) from None
    try:
        _refuse_changed(path, volume, os.fstat(descriptor))
        yield VolumePart(volume.path, volume.size, descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _in_storage(url: Url, volume: Volume) -> Iterator[VolumePart]:
    try:
        _refuse_changed(url, volume, url.stat())
    except OSError as error:
        raise _gone(url, error) from None
    with contextlib.closing(Object(url, volume.size)) as remote:
        yield VolumePart(volume.path, volume.size, None, remote)


def _gone(place: Root, error: OSError) -> SourceError:
    return SourceError(f"{place}: {error.strerror}; put it back or scan its source again")


def _refuse_changed(place: Root, volume: Volume, found: StatResult) -> None:
    if size_and_time(found) != (volume.size, volume.mtime_ns):
        raise SourceError(f"{place}: has changed since it was scanned; scan its source again")


def _disks(container: Container) -> list[_Disk]:
    """The volumes by number, gaps filled. Volumes of a set are equally large, so a missing one leaves known room."""
    cut = numbers_of(container.volumes)
    if cut is None or cut[0] is Cut.RAR:
        return [_Disk(volume.path, volume, 0) for volume in container.volumes]
    numbered = _numbered(container, cut[1])
    last = max(numbered)
    room = max((volume.size for number, volume in numbered.items() if number < last), default=0)
    disks = [_Disk(f"volume {number + 1} of {last + 1}", None, room) for number in range(last + 1)]
    slack = _SPLIT_SLACK if cut[0] is Cut.SPLIT_ZIP else 0
    for number, volume in numbered.items():
        is_cut_short = volume.size < room - slack and number < last
        disks[number] = _Disk(volume.path, volume, room if is_cut_short else 0)
    return disks


def _numbered(container: Container, numbers: tuple[int, ...]) -> dict[int, Volume]:
    """The volumes by number; a split zip's that count beyond its ``.zip`` are left over from another and left out."""
    numbered = dict(zip(numbers, container.volumes, strict=True))
    if LAST not in numbered:
        return numbered
    last, volume = _last_number(container, numbers), numbered.pop(LAST)
    others = {number: other for number, other in numbered.items() if number < last}
    return others | {last: volume} if others else {0: volume}  # how large the missing were, nothing tells


def _last_number(container: Container, numbers: tuple[int, ...]) -> int:
    """The number of a split zip's ``.zip``, as its end record says; where it has none, one more than the others'."""
    behind = numbers[-2] + 1 if len(numbers) > 1 else 0
    volume = container.volumes[-1]
    with opened_volume(container.root, volume) as part:
        end = find_end(Volumes([part]).window())
    if end is None or (end.disk == 0 and end.directory_position < end.directory_offset):
        return behind  # no split zip, but one that was cut: its end record knows of no volumes
    return min(end.disk, behind + 10_000)


def check_volumes(container: Container, health: Health) -> None:
    """Findings about the set: missing, empty, oddly sized volumes. Raises SourceError as :func:`opened` does."""
    disks = _disks(container)
    for number in _lacking(container):
        health.add("volume-missing", f"volume {number + 1} is missing")
    for disk in disks:
        if disk.volume is None:
            health.add("volume-missing", f"{disk.name} is missing")
        elif disk.volume.size == 0:
            health.add("volume-empty", f"{disk.name} is empty")
        elif disk.room > disk.volume.size or (disk is disks[-1] and 0 < _usual(disks) < disk.volume.size):
            health.add("volume-size", f"{disk.name} has {disk.volume.size} bytes, others have {_usual(disks)}")
    used = {disk.volume for disk in disks}
    for volume in container.volumes:
        if volume not in used:
            health.add("volume-stray", f"{shown(volume.path)} is left over: {shown(container.path)} has fewer volumes")


def _lacking(container: Container) -> list[int]:
    """Numbers of RAR volumes that are missing before the last: nothing keeps room for them, each begins anew."""
    cut = numbers_of(container.volumes)
    if cut is None or cut[0] is not Cut.RAR:
        return []
    return sorted(set(range(max(cut[1]))) - set(cut[1]))


def _usual(disks: list[_Disk]) -> int:
    return max((disk.size for disk in disks[:-1]), default=0)
