"""Open the volumes of a container as one range of bytes, with room for missing volumes."""

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
from indexer.containers.grouping import LAST, SPLIT_ZIP_SLACK, Cut, numbers_of
from indexer.containers.members.rows import Health, shown
from indexer.containers.models import Container, Volume


@dataclass(frozen=True, slots=True)
class Opened:
    """All bytes of a container, and where each of its volumes (missing ones included) begins in them."""

    window: ByteRange
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Disk:
    """One volume: its file (None if it is missing), and the size that it should have at least."""

    name: str
    volume: Volume | None
    room: int

    @property
    def size(self) -> int:
        return max(self.room, self.volume.size if self.volume else 0)


@contextlib.contextmanager
def opened(container: Container) -> Iterator[Opened]:
    """Open all volumes of an archive. Raises SourceError if one is missing or has changed since the scan."""
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
    """Open one volume, which must be unchanged since the scan. Entering the context raises SourceError."""
    path = root / volume.path
    return _in_storage(path, volume) if isinstance(path, Url) else _on_disk(path, volume)


@contextlib.contextmanager
def _on_disk(path: Path, volume: Volume) -> Iterator[VolumePart]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise _missing(path, error) from None
    try:
        _check_unchanged(path, volume, os.fstat(descriptor))
        yield VolumePart(volume.path, volume.size, descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _in_storage(url: Url, volume: Volume) -> Iterator[VolumePart]:
    try:
        _check_unchanged(url, volume, url.stat())
    except OSError as error:
        raise _missing(url, error) from None
    with contextlib.closing(Object(url, volume.size)) as remote:
        yield VolumePart(volume.path, volume.size, None, remote)


def _missing(path: Root, error: OSError) -> SourceError:
    return SourceError(f"{path}: {error.strerror}; restore it or scan its source again")


def _check_unchanged(path: Root, volume: Volume, found: StatResult) -> None:
    if size_and_time(found) != (volume.size, volume.mtime_ns):
        raise SourceError(f"{path}: has changed since it was scanned; scan its source again")


def _disks(container: Container) -> list[_Disk]:
    """Return the volumes by number, gaps filled. Volumes have equal sizes, so the room of a missing one is known."""
    cut = numbers_of(container.volumes)
    if cut is None or cut[0] is Cut.RAR:
        return [_Disk(volume.path, volume, 0) for volume in container.volumes]
    numbered = _numbered(container, cut[1])
    last = max(numbered)
    room = max((volume.size for number, volume in numbered.items() if number < last), default=0)
    disks = [_Disk(f"volume {number + 1} of {last + 1}", None, room) for number in range(last + 1)]
    slack = SPLIT_ZIP_SLACK if cut[0] is Cut.SPLIT_ZIP else 0
    for number, volume in numbered.items():
        is_cut_short = volume.size < room - slack and number < last
        disks[number] = _Disk(volume.path, volume, room if is_cut_short else 0)
    return disks


def _numbered(container: Container, numbers: tuple[int, ...]) -> dict[int, Volume]:
    """Return the volumes by number, without strays: those with a number beyond that of a split zip's ``.zip``."""
    numbered = dict(zip(numbers, container.volumes, strict=True))
    if LAST not in numbered:
        return numbered
    last, volume = _last_number(container, numbers), numbered.pop(LAST)
    others = {number: other for number, other in numbered.items() if number < last}
    return others | {last: volume} if others else {0: volume}  # the sizes of the missing volumes are unknown


def _last_number(container: Container, numbers: tuple[int, ...]) -> int:
    """Return the number of a split zip's ``.zip``: that of its end record, or one more than the others' without one."""
    following = numbers[-2] + 1 if len(numbers) > 1 else 0
    volume = container.volumes[-1]
    with opened_volume(container.root, volume) as part:
        end = find_end(Volumes([part]).window())
    if end is None or (end.disk == 0 and end.directory_position < end.directory_offset):
        return following  # a zip that was cut like any file: its end record counts no volumes
    return min(end.disk, following + 10_000)


def check_volumes(container: Container, health: Health) -> None:
    """Add findings about the set: missing, empty, oddly sized volumes. Raises SourceError as :func:`opened` does."""
    disks = _disks(container)
    cut = numbers_of(container.volumes)
    if cut is not None and cut[0] is Cut.RAR:  # no room is kept for missing ones: each volume of a RAR has own headers
        for number in sorted(set(range(max(cut[1]))) - set(cut[1])):
            health.add("volume-missing", f"volume {number + 1} is missing")
    _check_sizes(disks, health)
    used = {disk.volume for disk in disks}
    for volume in container.volumes:
        if volume not in used:
            health.add("volume-stray", f"{shown(volume.path)} is left over: {shown(container.path)} has fewer volumes")


def _check_sizes(disks: list[_Disk], health: Health) -> None:
    usual = max((disk.size for disk in disks[:-1]), default=0)
    for disk in disks:
        if disk.volume is None:
            health.add("volume-missing", f"{disk.name} is missing")
        elif disk.volume.size == 0:
            health.add("volume-empty", f"{disk.name} is empty")
        elif disk.room > disk.volume.size or (disk is disks[-1] and 0 < usual < disk.volume.size):
            health.add("volume-size", f"{disk.name} has {disk.volume.size} bytes, others have {usual}")
