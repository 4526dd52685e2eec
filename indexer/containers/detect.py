"""Files -> containers: volumes grouped by name and sibling, kinds told by first bytes.

Opening a file costs more than listing it, and sources have millions of images. So a file is opened to be told apart

* when its suffix is not one of images and texts,
* when its suffix is, and few files of the source have it, or it is many times as large as they are.

An archive under a wrong suffix, or none, is found that way; a thousand small archives all called ``.png`` are not.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from statistics import median

from indexer.base.remote import Object, Root, Url
from indexer.containers.bytes.volumes import VolumePart, Volumes
from indexer.containers.formats.zip.end import find_end
from indexer.containers.grouping import Cut, Group, groups_of, promised_of
from indexer.containers.kinds import DOCUMENTS, HEAD_SIZE, ORDINARY, Kind, kind_of, promised_kind, suffix_of
from indexer.containers.models import Container, Volume

_FEW = 64
_OUTLIER_RATIO = 8
_OUTLIER_SIZE = 1 << 20
_SMALLEST_ARCHIVE = 22  # bytes: a zip of nothing


def find_containers(root: Root, files: Sequence[Volume]) -> tuple[list[Container], list[Volume]]:
    """The containers among ``files``, in order of their paths, and the files that are none, in the order given.

    A file whose name promises an archive, or a volume of one, is a container whatever it holds: that it holds none
    is then for its listing to say. Files that cannot be opened are left among the rest.
    """
    files = list(files)
    unordinary = [file for file in files if _may_be_volume(suffix_of(file.path))]
    containers = [found for group in groups_of(unordinary) if (found := _from_group(root, group))]
    taken = {volume.path for container in containers for volume in container.volumes}
    single = [file for file in _worth_opening(files) if file.path not in taken]
    containers += [found for file in single if (found := _from_file(root, file))]
    taken |= {volume.path for container in containers for volume in container.volumes}
    loose = [file for file in files if file.path not in taken]
    return sorted(containers, key=lambda container: container.path), loose


def _may_be_volume(suffix: str) -> bool:
    """Whether a file may be a volume; one of many parts is called ``.md``."""
    return suffix not in ORDINARY or len(suffix) == 2


def _worth_opening(files: Iterable[Volume]) -> Iterator[Volume]:
    """The files that might be archives, as this module's head says."""
    by_suffix: dict[str, list[Volume]] = defaultdict(list)
    for file in files:
        by_suffix[suffix_of(file.path)].append(file)
    for suffix, group in by_suffix.items():
        if suffix in DOCUMENTS:
            continue
        yield from group if suffix not in ORDINARY or len(group) <= _FEW else _outliers(group)


def _outliers(group: list[Volume]) -> list[Volume]:
    least = max(_OUTLIER_SIZE, _OUTLIER_RATIO * median(file.size for file in group))
    return [file for file in group if file.size >= least]


def _from_group(root: Root, group: Group) -> Container | None:
    """The container that a set of volumes is; None where names alone suggested a set and its first bytes do not."""
    path = group.volumes[-1].path
    if group.cut is not Cut.PLAIN:
        return Container(root, path, Kind.ZIP if group.cut is Cut.SPLIT_ZIP else Kind.STREAM, group.volumes)
    kind = _sniffed(root, group.volumes[0])
    if kind is None and group.typed:
        kind = promised_of(path)
    return Container(root, path, kind, group.volumes) if kind else None


def _from_file(root: Root, file: Volume) -> Container | None:
    kind = _sniffed(root, file) or promised_kind(file.path)
    return Container(root, file.path, kind, (file,)) if kind else None


def _sniffed(root: Root, file: Volume) -> Kind | None:
    """The kind that the file's bytes are of; None also where it cannot be read."""
    if file.size < _SMALLEST_ARCHIVE:
        return None
    place = root / file.path
    if isinstance(place, Url):
        return _kind_of(VolumePart(file.path, file.size, None, Object(place, file.size)))
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return _kind_of(VolumePart(file.path, file.size, descriptor))
    finally:
        os.close(descriptor)


def _kind_of(part: VolumePart) -> Kind | None:
    """By the first bytes; zips behind a prefix, as self-extracting ones are, show only at their end."""
    window = Volumes([part]).window()
    kind = kind_of(window.read(0, HEAD_SIZE))
    if kind or suffix_of(part.name) in ORDINARY:
        return kind  # a picture with something behind it is a picture
    return Kind.ZIP if find_end(window) else None
