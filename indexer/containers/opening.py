"""Open the volumes of a container as one range of bytes, with room for missing volumes."""

import contextlib
import errno
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path

from indexer.base.errors import SourceError
from indexer.base.remote import Object, Root, Url
from indexer.containers.bytes.tar_header import continuation_size
from indexer.containers.bytes.volumes import ByteRange, VolumePart, Volumes
from indexer.containers.file_stamp import StatResult, size_and_time
from indexer.containers.formats.zip.end import find_end
from indexer.containers.grouping import SPLIT_ZIP_SLACK, Arrangement, arrangement_of
from indexer.containers.kinds import Kind
from indexer.containers.members.rows import Health, shown
from indexer.containers.models import Container, Volume
from indexer.containers.self_extracting import archive_in_program
from indexer.containers.set_detection import is_single
from indexer.containers.volume_names import LAST, Cut


@dataclass(frozen=True, slots=True)
class Opened:
    """All bytes of a container, and where each of its volumes (missing ones included) begins in them."""

    window: ByteRange
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Disk:
    """One volume: its file (None if it is missing), the size that it should have at least, and bytes to leave out."""

    name: str
    volume: Volume | None
    room: int = 0
    skipped: int = 0

    @property
    def present(self) -> int:
        """Return the bytes that are there; none if the file is missing."""
        return self.volume.size - self.skipped if self.volume else 0

    @property
    def size(self) -> int:
        """Return the bytes that the volume takes in the container, missing ones included."""
        return max(self.room, self.present)


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
        part = stack.enter_context(opened_volume(root, disk.volume))
        yield replace(part, size=part.size - disk.skipped, start=disk.skipped) if disk.skipped else part
    lost = disk.size - disk.present
    if lost:
        yield VolumePart(disk.name, lost, None)


def opened_volume(root: Root, volume: Volume) -> contextlib.AbstractContextManager[VolumePart]:
    """Open one volume, which must be unchanged since the scan. Entering the context raises SourceError."""
    return _in_storage(root, volume) if isinstance(root, Url) else _on_disk(root, volume)


def is_unchanged(container: Container, content: Opened) -> bool:
    """Return whether the open files of a container are as they were at the scan."""
    volumes = {volume.path: volume for volume in container.volumes}
    try:
        found = [(volumes[name], os.fstat(descriptor)) for name, descriptor in content.window.volumes.files()]
    except OSError:  # a file on NFS was replaced
        return False
    return all(_is_as_scanned(volume, status) for volume, status in found)


@contextlib.contextmanager
def _on_disk(root: Path, volume: Volume) -> Iterator[VolumePart]:
    path = root / volume.path
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise _missing(path, error) from None
    try:
        _require_unchanged(root, volume, os.fstat(descriptor))
        yield VolumePart(volume.path, volume.size, descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _in_storage(root: Url, volume: Volume) -> Iterator[VolumePart]:
    url = root / volume.path
    try:
        _require_unchanged(root, volume, url.stat())
    except OSError as error:
        raise _missing(url, error) from None
    with contextlib.closing(Object(url, volume.size)) as remote:
        yield VolumePart(volume.path, volume.size, None, remote)


def _missing(path: Root, error: OSError) -> SourceError:
    """Return the error of a file that cannot be opened; it names the outermost folder that is missing, if one is."""
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return SourceError(f"{path}: {error.strerror}; raise the limit of open files (ulimit -n)")
    parents = path.parents if isinstance(path, Path) and isinstance(error, FileNotFoundError) else ()
    absent = [parent for parent in parents if not parent.exists()]
    return SourceError(f"{(path, *absent)[-1]}: {error.strerror}; restore it or scan its source again")


def _require_unchanged(root: Root, volume: Volume, found: StatResult) -> None:
    if not _is_as_scanned(volume, found):
        raise SourceError(f"{root / volume.path}: has changed since it was scanned; scan its source again")


def _is_as_scanned(volume: Volume, found: StatResult) -> bool:
    return size_and_time(found) == (volume.size, volume.mtime_ns)


def _disks(container: Container) -> list[_Disk]:
    """Return the volumes by number, gaps filled."""
    arrangement = _arrangement(container)
    if arrangement is None and len(container.volumes) == 1 and container.kind in (Kind.SEVEN_ZIP, Kind.STREAM):
        return [_without_program(container.root, container.volumes[0])]
    if arrangement is None or arrangement.cut is Cut.RAR:
        return [_Disk(volume.path, volume) for volume in container.volumes]
    if arrangement.cut is Cut.SPLIT_ZIP:
        return _disks_of_split_zip(container, arrangement)
    # Nothing is padded between the parts of a plain cut, and they may have any sizes.
    numbered = _without_empty_end(arrangement.numbered)
    disks = _with_gaps(numbered, _usual_size(numbered))
    if container.kind is not Kind.TAR:
        return disks
    return [disks[0], *(_without_continuation(container.root, disk) for disk in disks[1:])]


def _arrangement(container: Container) -> Arrangement | None:
    found = arrangement_of(container.volumes)
    if found is None or len(container.volumes) > 1 or found.cut is Cut.RAR or found.numbered.keys() & {0, LAST}:
        return found
    return None if is_single(container.root, container.volumes[0], found.cut) else found


def _usual_size(numbered: Mapping[int, Volume]) -> int:
    """Return the most frequent size of all volumes but the last: the best guess for one that is missing."""
    sizes = Counter(volume.size for number, volume in numbered.items() if number < max(numbered))
    return max(sizes, key=lambda size: (sizes[size], size), default=0)


def _without_empty_end(numbered: Mapping[int, Volume]) -> Mapping[int, Volume]:
    """Return the volumes up to the last one that has bytes; the end of the archive shows whether more are missing."""
    last = max((number for number, volume in numbered.items() if volume.size), default=max(numbered))
    return {number: volume for number, volume in numbered.items() if number <= last}


def _with_gaps(numbered: Mapping[int, Volume], room: int) -> list[_Disk]:
    """Return a disk per number; missing ones get ``room`` bytes."""
    last = max(numbered)
    disks = [_Disk(f"volume {number + 1} of {last + 1}", None, room) for number in range(last + 1)]
    for number, volume in numbered.items():
        disks[number] = _Disk(volume.path, volume)
    return disks


def _without_continuation(root: Root, disk: _Disk) -> _Disk:
    """Return a volume of ``tar -M`` without the headers that repeat the name of a member which it continues."""
    if disk.volume is None:
        return disk
    with opened_volume(root, disk.volume) as part:
        return replace(disk, skipped=continuation_size(Volumes([part]).window()))


def _without_program(root: Root, volume: Volume) -> _Disk:
    """Return a file without the program before the archive, if it is self-extracting."""
    found = None
    with opened_volume(root, volume) as part, contextlib.suppress(OSError):  # reading the archive reports the error
        found = archive_in_program(Volumes([part]).window())
    return _Disk(volume.path, volume, skipped=found[1] if found else 0)


def _disks_of_split_zip(container: Container, arrangement: Arrangement) -> list[_Disk]:
    """Return the volumes of a split zip, which have equal sizes: one that was cut short is filled up."""
    numbered = _without_strays(container, arrangement.numbered)
    last = max(numbered)
    room = max((volume.size for number, volume in numbered.items() if number < last), default=0)
    return [
        replace(disk, room=room)
        if disk.volume and number < last and disk.volume.size < room - SPLIT_ZIP_SLACK
        else disk
        for number, disk in enumerate(_with_gaps(numbered, room))
    ]


def _without_strays(container: Container, numbered: dict[int, Volume]) -> dict[int, Volume]:
    """Return the volumes by number, without strays: those with a number beyond that of a split zip's ``.zip``."""
    if LAST not in numbered:
        return numbered
    others = {number: volume for number, volume in numbered.items() if number != LAST}
    last = _last_number(container.root, numbered[LAST], max(others, default=-1) + 1)
    others = {number: volume for number, volume in others.items() if number < last}
    last_volume = numbered[LAST]
    return others | {last: last_volume} if others else {0: last_volume}  # the sizes of missing volumes are unknown


def _last_number(root: Root, volume: Volume, following: int) -> int:
    """Return the number of a split zip's ``.zip``: that of its end record, or ``following`` the others without one."""
    with opened_volume(root, volume) as part:
        end = find_end(Volumes([part]).window())
    if end is None or (end.disk == 0 and end.directory_position < end.directory_offset):
        return following  # a zip that was cut like any file: its end record counts no volumes
    return min(end.disk, following + 10_000)


def check_volumes(container: Container, health: Health) -> None:
    """Add findings about the set: missing, empty, oddly sized volumes. Raises SourceError as :func:`opened` does."""
    disks = _disks(container)
    arrangement = _arrangement(container)
    for disk in disks:
        if disk.volume is None:
            health.add("volume-missing", f"{disk.name} is missing")
        elif disk.volume.size == 0:
            health.add("volume-empty", f"{shown(disk.name)} is empty")
    if arrangement is not None and arrangement.cut is Cut.RAR:
        # No room is kept for missing ones: each volume of a RAR has headers of its own.
        for number in sorted(set(range(max(arrangement.numbered))) - set(arrangement.numbered)):
            health.add("volume-missing", f"volume {number + 1} is missing")
    if arrangement is not None and arrangement.cut is Cut.SPLIT_ZIP:
        _check_sizes(disks, health)
    unused = set(container.volumes) - {disk.volume for disk in disks}
    for volume in sorted(unused, key=lambda volume: volume.path):
        is_copy = arrangement is not None and volume in arrangement.copies
        surplus = f"left over: {shown(container.path)} has fewer volumes" if volume.size else "empty"
        health.add("volume-stray", f"{shown(volume.path)} is {'a second copy of a volume' if is_copy else surplus}")


def _check_sizes(disks: list[_Disk], health: Health) -> None:
    usual = max((disk.size for disk in disks[:-1]), default=0)
    for disk in disks:
        if disk.volume is None or disk.volume.size == 0:
            continue
        if disk.room > disk.volume.size or (disk is disks[-1] and 0 < usual < disk.volume.size):
            health.add("volume-size", f"{shown(disk.name)} has {disk.volume.size} bytes, others have {usual}")


def check_unequal_sizes(container: Container, health: Health) -> None:
    """Add a finding for each part of a damaged plain cut that is shorter than the usual: it may have been cut short."""
    arrangement = _arrangement(container)
    if arrangement is None or arrangement.cut is not Cut.PLAIN:
        return
    usual, last = _usual_size(arrangement.numbered), max(arrangement.numbered)
    for number, volume in arrangement.numbered.items():
        if 0 < volume.size < usual and number != last:
            detail = f"{shown(volume.path)} has {volume.size} bytes, others have {usual}: it may be cut short"
            health.add("volume-size", detail)
