"""Which files are volumes of one archive, told by their names.

Three ways of cutting are about: PKZIP's split zips (``a.z01 ... a.z99, a.z100, a.zip``), plain cutting with numbers
(``a.7z.001``, ``a.z000``) or letters (``xaa``, ``a.tar.aa``), and RAR's (``a.part1.rar``; ``a.rar, a.r00``).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from indexer.containers.shapes import Volume


class Cut(StrEnum):
    """How an archive was cut into volumes."""

    SPLIT_ZIP = "split zip"
    PLAIN = "plain"
    RAR = "rar"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a volume stands: in which set, cut how, its number as written; ``typed`` where the name tells the kind."""

    base: str
    cut: Cut
    number: int
    typed: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """Volumes of one set with their numbers, in order; ``typed`` as for a place."""

    base: str
    cut: Cut
    typed: bool
    numbers: tuple[int, ...]
    volumes: tuple[Volume, ...]


LAST = 1 << 30  # the number of a split zip's last volume, which is called .zip
_TYPED = r"(?:zip|7z|rar|tar|tgz|tbz2?|txz|tzst|tar\.(?:gz|bz2|xz|zst|lz4?|z)|cpio)"
# Numbers of five digits at most: who reads a set makes room for each number that is missing.
_SPLIT_ZIP = re.compile(r"(?P<base>.+)\.(?:z(?P<number>\d\d|[1-9]\d{2,4})|zip)", re.I)
_TYPED_PART = re.compile(
    rf"(?P<base>.+\.{_TYPED}[._-](?:part[._-]?)?)(?P<number>\d{{2,5}}|(?!gz|xz|lz|bz)[a-z]{{2}})", re.I
)
_RAR_PART = re.compile(r"(?P<base>.+\.part)(?P<number>\d+)\.rar", re.I)
_RAR_OLD = re.compile(r"(?P<base>.+)\.(?:rar|r(?P<number>\d\d))", re.I)
_ANY_PART = re.compile(r"(?P<base>.*?)(?P<number>\d{2,}|(?<=[a-z])[a-z]{2}|(?<![a-z])[a-z]{2})")
_PATTERNS = ((_RAR_PART, Cut.RAR), (_TYPED_PART, Cut.PLAIN), (_SPLIT_ZIP, Cut.SPLIT_ZIP), (_RAR_OLD, Cut.RAR))


def place_of(path: str) -> Place | None:
    """Where ``path`` may stand in a set, by its name alone; None where it looks like no volume."""
    for pattern, cut in _PATTERNS:
        if found := pattern.fullmatch(path):
            return Place(found["base"], cut, _number(found["number"], cut))
    folder, _, name = path.rpartition("/")
    if found := _ANY_PART.fullmatch(name):
        return Place(
            f"{folder}/{found['base']}#{len(found['number'])}", Cut.PLAIN, _number(found["number"]), typed=False
        )
    return None


def _number(text: str | None, cut: Cut = Cut.PLAIN) -> int:
    if text is None:
        return LAST if cut is Cut.SPLIT_ZIP else -1  # a.rar stands before a.r00
    if text.isdigit():
        return int(text)
    return (ord(text[-2].lower()) - ord("a")) * 26 + ord(text[-1].lower()) - ord("a")


def groups_of(files: Iterable[Volume]) -> list[Group]:
    """The sets that the names of ``files`` make, in order of their names; sets of one only where the name says volume.

    Nothing is opened: whether a set is an archive is for its first bytes to say.
    """
    sets: dict[tuple[str, Cut], list[tuple[int, Volume, bool]]] = defaultdict(list)
    for file in files:
        if place := place_of(file.path):
            sets[place.base, place.cut].append((place.number, file, place.typed))
    groups = [_group(base, cut, members) for (base, cut), members in sorted(sets.items())]
    return [group for group in groups if _is_set(group)]


def _group(base: str, cut: Cut, members: list[tuple[int, Volume, bool]]) -> Group:
    members.sort(key=lambda member: (member[0], member[1].path))
    numbers, volumes, typed = zip(*members, strict=True)
    return Group(base, cut, all(typed), numbers, volumes)


def _is_set(group: Group) -> bool:
    """Whether the numbers make sense as a set: none twice; from 0 or 1 on and equally large where names say nothing."""
    if len(set(group.numbers)) < len(group.numbers):
        return False
    if group.cut is not Cut.PLAIN:
        return group.numbers[0] not in (LAST, -1) or len(group.numbers) > 1
    if group.typed:
        return True
    sizes = [volume.size for volume in group.volumes]
    whole = group.numbers == tuple(range(group.numbers[0], group.numbers[0] + len(sizes)))
    return group.numbers[0] in (0, 1) and len(sizes) > 1 and whole and set(sizes[:-1]) == {max(sizes)} and sizes[-1] > 0


def numbers_of(volumes: Sequence[Volume]) -> tuple[Cut, tuple[int, ...]] | None:
    """How the volumes of one container are cut, and their numbers counted from 0; None for a single file.

    The last volume of a split zip has the number LAST: how many there are stands inside it.
    """
    groups = groups_of(volumes)
    if len(groups) != 1 or len(groups[0].volumes) != len(volumes):
        return None
    cut, numbers = groups[0].cut, groups[0].numbers
    first = {Cut.SPLIT_ZIP: 1, Cut.RAR: _first_of_rar(volumes[0].path)}.get(cut, min(1, numbers[0]))
    if cut is Cut.PLAIN and not volumes[0].path[-1].isdigit():
        first = 0
    return cut, tuple(number if number == LAST else number - first for number in numbers)


def _first_of_rar(path: str) -> int:
    """The number with which a set of RAR's volumes begins: ``a.part1.rar``, or a.rar before ``a.r00``."""
    return 1 if _RAR_PART.fullmatch(path) else -1
