"""Files -> containers: volumes are grouped by name, kinds are detected by first bytes.

Opening a file costs more than listing it, and sources have millions of images. So these files are opened:

* files whose suffix is not one of images and texts;
* images and texts if few files of the source have their suffix, or if they are many times as large as the others.

This finds an archive with a wrong suffix or none. A thousand small archives all named ``.png`` are not found.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from statistics import median

from indexer.base.remote import Root
from indexer.containers.formats.zip.end import find_end
from indexer.containers.grouping import Group, groups_of
from indexer.containers.kinds import DOCUMENTS, HEAD_SIZE, ORDINARY, Kind, kind_of, promised_kind, suffix_of
from indexer.containers.models import Container, Volume
from indexer.containers.scattered_sets import joined_set, missing_hint, sets_by_name
from indexer.containers.self_extracting import archive_in_program
from indexer.containers.set_detection import container_of_set, file_window
from indexer.containers.volume_names import promised_of

# Files with image and text suffixes are opened if their suffix is rare or they are unusually large.
RARE_SUFFIX_FILES = 64
LARGE_FILE_BYTES = 1 << 20
LARGE_FILE_RATIO = 8  # to the median size
_SMALLEST_ARCHIVE = 22  # bytes of an empty zip


def find_containers(root: Root, files: Sequence[Volume]) -> tuple[list[Container], list[Volume]]:
    """Return the containers among ``files``, ordered by path, and the other files in the given order.

    A file with the name of an archive, or of a volume, is a container in any case: if it is not one, its listing fails.
    Files that cannot be opened are among the other files.
    """
    files = list(files)
    candidates = [file for file in files if _may_be_volume(suffix_of(file.path))]
    containers: list[Container] = []
    promised: dict[str, Kind | None] = {}
    groups = groups_of(candidates)
    by_name = sets_by_name(candidates, groups)
    scattered = [container for sets in by_name if (container := joined_set(root, sets))]
    containers += scattered
    joined = {volume.path for container in scattered for volume in container.volumes}
    for group in groups:
        if joined.intersection(volume.path for volume in group.volumes):
            continue
        if found := container_of_set(root, group):
            containers.append(found)
        elif group.typed:
            promised |= {volume.path: promised_of(volume.path) for volume in group.volumes}
    taken = {volume.path for container in containers for volume in container.volumes}
    single = [file for file in _worth_opening(files) if file.path not in taken]
    containers += [found for file in single if (found := _from_file(root, file, promised.get(file.path)))]
    taken |= {volume.path for container in containers for volume in container.volumes}
    loose = [file for file in files if file.path not in taken]
    hints = {path: hint for sets in by_name for path, hint in _hints(root, sets, joined).items()}
    containers = [replace(found, hint=hints.get(found.path, "")) for found in containers]
    return sorted(containers, key=lambda container: container.path), loose


def _hints(root: Root, sets: list[Group], joined: Collection[str]) -> dict[str, str]:
    """Return the hint at missing volumes by the path of each volume, if the sets were not joined."""
    paths = [volume.path for group in sets for volume in group.volumes]
    return {} if paths[0] in joined else dict.fromkeys(paths, missing_hint(root, sets))


def _may_be_volume(suffix: str) -> bool:
    """Return whether a file of this suffix may be a volume: ``split`` also writes names like ``x.zip.md``."""
    return suffix not in ORDINARY or len(suffix) == 2


def _worth_opening(files: Iterable[Volume]) -> Iterator[Volume]:
    """Yield the files to open, by the rules of the module's docstring."""
    by_suffix: dict[str, list[Volume]] = defaultdict(list)
    for file in files:
        by_suffix[suffix_of(file.path)].append(file)
    for suffix, group in by_suffix.items():
        if suffix in DOCUMENTS:
            continue
        if suffix not in ORDINARY or len(group) <= RARE_SUFFIX_FILES:
            yield from group
        else:
            least = max(LARGE_FILE_BYTES, LARGE_FILE_RATIO * median(file.size for file in group))
            yield from (file for file in group if file.size >= least)


def _from_file(root: Root, file: Volume, promised: Kind | None) -> Container | None:
    kind = _detected_kind(root, file) or promised_kind(file.path) or promised
    return Container(root, file.path, kind, (file,)) if kind else None


def _detected_kind(root: Root, file: Volume) -> Kind | None:
    """Return the kind that the bytes of a file have; None if they have none, or if the file cannot be opened.

    The end counts, too: a zip may follow other data. Programs are searched for an archive behind them.
    """
    if file.size < _SMALLEST_ARCHIVE:
        return None
    with file_window(root, file) as window:
        kind = kind_of(window.read(0, HEAD_SIZE))
        if kind or suffix_of(file.path) in ORDINARY or window.size == 0:
            return kind  # data appended to an image do not make it an archive
        if find_end(window):
            return Kind.ZIP
        in_program = archive_in_program(window)
        return in_program[0] if in_program else None
