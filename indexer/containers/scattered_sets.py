"""Find sets of volumes that are in several folders, as copied from several discs.

They are joined if this is surely one archive: no number is missing or there twice, and it ends in the last volume. If a
number is missing, each folder has a container of its own, with a hint.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, pairwise
from typing import TypeVar

from indexer.base.errors import BadData
from indexer.base.remote import Root
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.formats import rar
from indexer.containers.formats.sevenzip import header
from indexer.containers.formats.zip.end import find_end
from indexer.containers.grouping import Group, first_number
from indexer.containers.kinds import Kind
from indexer.containers.members.rows import shown
from indexer.containers.models import Container, Volume
from indexer.containers.set_detection import container_of_set, file_window, is_whole
from indexer.containers.volume_names import LAST, Cut, volume_name

Result = TypeVar("Result")

_SHOWN = 5  # missing numbers
_MOST_FOLDERS = 1_000  # more are classes that each have a file of this name


def sets_by_name(files: Iterable[Volume], groups: Sequence[Group]) -> list[list[Group]]:
    """Return the sets of one name that are in several folders. ``groups`` are the sets of ``files`` by folder."""
    by_name: dict[tuple[str, Cut], list[Group]] = defaultdict(list)
    for group in groups:
        if group.typed and not group.copies:
            by_name[group.base.rpartition("/")[2], group.cut].append(group)
    grouped = {volume.path for group in groups for volume in group.volumes}
    for file in files if by_name else ():
        name = volume_name(file.path)
        if name is not None and name.text is None and file.path not in grouped:  # .zip or .rar, alone in its folder
            by_name[name.base.rpartition("/")[2], name.cut].append(
                Group(name.base, name.cut, True, first_number(name, name.number), (name.number,), (file,))
            )
    return [found for found in by_name.values() if 1 < len(found) <= _MOST_FOLDERS]


def joined_set(root: Root, groups: list[Group]) -> Container | None:
    """Return the container whose volumes are these sets together; None if they are not surely one archive."""
    joined = _joined(groups)
    container = container_of_set(root, joined) if joined else None
    return container if container and joined and _ends_in_last_volume(root, joined, container.kind) else None


def missing_hint(root: Root, groups: list[Group]) -> str:
    """Return which volumes are in no folder, of sets that were not joined; nothing if a number is there twice.

    How many there are is known from the highest number, or from the end of a split zip.
    """
    numbered = {number: volume for group in groups for number, volume in zip(group.numbers, group.volumes, strict=True)}
    if len(numbered) < sum(len(group.numbers) for group in groups):
        return ""
    first = min(group.first for group in groups)
    last = max((number for number in numbered if number != LAST), default=first)
    if LAST in numbered:
        with file_window(root, numbered[LAST]) as window:
            end = find_end(window)
        last = end.disk if end else last
    absent = (number for number in range(first, last + 1) if number not in numbered)
    missing = [str(number - first + 1) for number in islice(absent, _SHOWN)]
    name = shown(numbered[min(numbered)].path).rpartition("/")[2]
    found = f"{len(groups)} folders have volumes such as {name}, none has number"
    return f"{found} {', '.join(missing)}: copy what is missing, then scan again" if missing else ""


def _joined(groups: list[Group]) -> Group | None:
    """Return the set of all volumes; None if a number is missing or there twice."""
    numbered = sorted(
        ((number, volume) for group in groups for number, volume in zip(group.numbers, group.volumes, strict=True)),
        key=lambda pair: pair[0],
    )
    numbers = tuple(number for number, _ in numbered)
    first = min(group.first for group in groups)
    has_all = numbers[0] == first and all(
        after - before == 1 or (after == LAST and before < LAST) for before, after in pairwise(numbers)
    )
    if not has_all:
        return None
    return replace(groups[0], first=first, numbers=numbers, volumes=tuple(volume for _, volume in numbered))


def _ends_in_last_volume(root: Root, group: Group, kind: Kind) -> bool:
    """Return whether the end of the archive is in the last volume, as far as the kind shows it.

    A RAR shows whether it has volumes, a tar where it ends; compressed streams show neither.
    """
    if group.cut is Cut.RAR:
        return all(_of_each(root, group.volumes, rar.is_volume))
    if kind is Kind.SEVEN_ZIP:
        with file_window(root, group.volumes[0]) as first:
            return _has_header_in(first, sum(volume.size for volume in group.volumes), group.volumes[-1].size)
    if kind is Kind.TAR:
        return not any(_of_each(root, group.volumes[:-1], lambda window: is_whole(window, kind)))
    if kind is not Kind.ZIP:
        return True
    *others, last = _of_each(root, group.volumes, find_end)
    is_last = last is not None and (group.cut is Cut.PLAIN or last.disk == len(others))
    return is_last and not any(others)


def _of_each(root: Root, volumes: Iterable[Volume], function: Callable[[ByteRange], Result]) -> Iterator[Result]:
    for volume in volumes:
        with file_window(root, volume) as window:
            yield function(window)


def _has_header_in(first: ByteRange, size: int, last_size: int) -> bool:
    """Return whether the header of a 7z of ``size`` bytes ends in its last volume."""
    try:
        position, header_size, _ = header.start(first.read(0, header.START_SIZE))
    except BadData:
        return False
    return size - last_size < position + header_size <= size
