"""Decide by first bytes whether volumes that are named as a set are one archive.

Sizes of volumes are not used: ``split -n`` and ``7z -v20k -v40k`` write unequal ones. A volume that is an archive by
itself is no part: downloads are often many independent archives with numbers.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence

from indexer.base.errors import BadData
from indexer.base.placeholders import placeholder_of
from indexer.base.remote import Object, Root, Url
from indexer.containers.bytes.tar_header import RECORD, continuation_size
from indexer.containers.bytes.volumes import ByteRange, VolumePart, Volumes
from indexer.containers.formats.sevenzip import header
from indexer.containers.formats.zip.end import find_end
from indexer.containers.grouping import Group
from indexer.containers.kinds import HEAD_SIZE, Kind, kind_of
from indexer.containers.models import Container, Volume
from indexer.containers.volume_names import LAST, Cut, promised_of


@contextlib.contextmanager
def file_window(root: Root, file: Volume) -> Iterator[ByteRange]:
    """Open one file as a range of bytes; an empty range if it cannot be opened."""
    path = root / file.path
    if isinstance(path, Url):
        with contextlib.closing(Object(path, file.size)) as remote:
            yield Volumes([VolumePart(file.path, file.size, None, remote)]).window()
        return
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        yield Volumes([VolumePart(file.path, 0, None)]).window()
        return
    try:
        yield Volumes([VolumePart(file.path, file.size, descriptor)]).window()
    finally:
        os.close(descriptor)


def container_of_set(root: Root, group: Group) -> Container | None:
    """Return the container of a set of volumes; None if the volumes are archives by themselves, or no archive."""
    path = group.volumes[-1].path
    volumes = (*group.volumes, *group.copies)
    if group.cut is Cut.SPLIT_ZIP and _are_whole_zips(root, group):
        return None
    if group.cut is not Cut.PLAIN:
        return Container(root, path, Kind.ZIP if group.cut is Cut.SPLIT_ZIP else Kind.STREAM, volumes)
    heads = [head_of(root, volume) for volume in group.volumes]
    kinds = [kind_of(head) for head in heads]
    if _are_independent(root, group, kinds):
        return None
    kind = kinds[0]
    if group.typed:
        return Container(root, path, kind or promised_of(path) or Kind.STREAM, volumes)
    if kind is None or any(placeholder_of(head) is not None for head in heads):
        return None
    with file_window(root, group.volumes[0]) as first:
        has_end = is_whole(first, kind)
    return None if has_end else Container(root, path, kind, volumes)


def _are_whole_zips(root: Root, group: Group) -> bool:
    """Return whether the last file that is named as a volume of a split zip, and another, are zips by themselves."""
    if group.numbers[-1] != LAST:
        return False
    others = reversed(group.volumes)
    return _is_whole_zip(root, next(others)) and any(_is_whole_zip(root, volume) for volume in others)


def _is_whole_zip(root: Root, volume: Volume) -> bool:
    with file_window(root, volume) as window:
        return is_whole(window, Kind.ZIP)


def head_of(root: Root, file: Volume) -> bytes:
    """Return the first bytes of a file, which decide its kind; none if it cannot be opened."""
    with file_window(root, file) as window:
        return window.read(0, HEAD_SIZE)


def _are_independent(root: Root, group: Group, kinds: Sequence[Kind | None]) -> bool:
    """Return whether a volume after the first is an archive by itself."""
    later = [index for index, number in enumerate(group.numbers) if number != group.first and kinds[index]]
    return any(_begins_anew(root, group.volumes, index, kinds[index]) for index in later)


def _begins_anew(root: Root, volumes: Sequence[Volume], index: int, kind: Kind | None) -> bool:
    """Return whether a volume begins an archive. Cuts may coincide with the headers of members of a zip or tar."""
    with file_window(root, volumes[index]) as window:
        if kind is Kind.ZIP:
            return is_whole(window, kind)
        if kind is not Kind.TAR:
            return True
        if continuation_size(window) or index == 0:
            return False
    with file_window(root, volumes[index - 1]) as before:
        return is_whole(before, Kind.TAR)


def is_whole(window: ByteRange, kind: Kind) -> bool:
    """Return whether an archive is certainly not cut at the end of ``window``."""
    if kind is Kind.ZIP:
        end = find_end(window)
        return end is not None and end.directory_position == end.directory_offset
    if kind is Kind.TAR:
        tail = window.read(max(0, window.size - 2 * RECORD), 2 * RECORD)
        return not tail.strip(b"\0")
    if kind is Kind.SEVEN_ZIP:
        try:
            position, size, _ = header.start(window.read(0, header.START_SIZE))
        except BadData:
            return False
        return position + size <= window.size
    return False


def is_single(root: Root, volume: Volume, cut: Cut) -> bool:
    """Return whether a file with the name of a later volume is an archive by itself.

    A tar may be cut where a member begins. It is an archive by itself if the volume before it is present, since
    detection did not join the two.
    """
    if cut is Cut.SPLIT_ZIP:  # whose volumes may begin with a local header
        return _is_whole_zip(root, volume)
    kind = kind_of(head_of(root, volume))
    if kind is not Kind.TAR:
        return kind is not None
    before = _name_before(volume.path)
    return before is not None and (root / before).exists()


def _name_before(path: str) -> str | None:
    """Return the name of the volume before the one at ``path``; None if it has none."""
    digits = path[len(path.rstrip("0123456789")) :]
    if digits:
        return f"{path.removesuffix(digits)}{int(digits) - 1:0{len(digits)}}" if int(digits) else None
    return f"{path[:-1]}{chr(ord(path[-1]) - 1)}" if path[-1].lower() != "a" else None
