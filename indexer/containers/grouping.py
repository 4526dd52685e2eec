"""Which files are volumes of one archive, told by their names.

Three ways of cutting are about: PKZIP's split zips (``a.z01 ... a.z99, a.z100, a.zip``), plain cutting with numbers
(``a.7z.001``, ``a.z000``) or letters (``xaa``, ``a.tar.aa``), and RAR's (``a.part1.rar``; ``a.rar, a.r00``).

What coreutils' split calls its parts gets wider as they get many: behind ``.89`` comes ``.9000``, behind ``.yz``
``.zaaa``. And some of its parts are called as other files are: ``.zip.gz``, ``.zip.md``.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from typing import TypeAlias

from indexer.containers.kinds import MANY_MEMBERS, Kind, promised_kind
from indexer.containers.models import Volume


class Cut(StrEnum):
    """How an archive was cut into volumes."""

    SPLIT_ZIP = "split zip"
    PLAIN = "plain"
    RAR = "rar"


@dataclass(frozen=True, slots=True)
class VolumeName:
    """Where a volume stands: in which set, cut how, its number as written; ``typed`` where the name tells the kind."""

    base: str
    cut: Cut
    text: str | None
    typed: bool = True

    @property
    def number(self) -> int:
        """As written; LAST for a split zip's ``.zip``, -1 for ``a.rar``, which stands before ``a.r00``."""
        if self.text is None:
            return LAST if self.cut is Cut.SPLIT_ZIP else -1
        if self.text.isdigit():
            return int(self.text)
        return _letters(self.text) if len(self.text) == 2 else 25 * 26 + _letters(self.text[1:])

    @property
    def widened(self) -> int:
        """The number in a set whose first parts have two digits: behind 89 comes 9000."""
        is_wide = self.text is not None and self.text.isdigit() and len(self.text) == 4
        return 90 + self.number - 9_000 if is_wide else self.number


@dataclass(frozen=True, slots=True)
class Group:
    """Volumes of one set with their numbers, in order; ``typed`` as for a place."""

    base: str
    cut: Cut
    typed: bool
    numbers: tuple[int, ...]
    volumes: tuple[Volume, ...]


_Member: TypeAlias = tuple[VolumeName, Volume]
LAST = 1 << 30  # the number of a split zip's last volume, which is called .zip
# Numbers of five digits at most: who reads a set makes room for each number that is missing.
_SPLIT_ZIP = re.compile(r"(?P<base>.+)\.(?:z(?P<number>\d\d|[1-9]\d{2,4})|zip)", re.I)
_TYPED_PART = re.compile(
    rf"(?P<base>.+\.{MANY_MEMBERS}[._-](?:part[._-]?)?)"
    r"(?P<number>\d{2,5}|(?!gz|xz|lz|bz)[a-z]{2}|z[a-y][a-z]{2})", re.I
)  # fmt: skip
_CUT_FROM_ZERO = re.compile(r"(?P<base>.+\.z)0+", re.I)  # PKZIP counts from 1
_CUT = re.compile(r"(?P<base>.+\.z)(?P<number>\d+)", re.I)
_WIDENED = re.compile(r"9[0-8]\d\d")
_RAR_PART = re.compile(r"(?P<base>.+\.part)(?P<number>\d+)\.rar", re.I)
_RAR_OLD = re.compile(r"(?P<base>.+)\.(?:rar|r(?P<number>\d\d))", re.I)
_ANY_PART = re.compile(r"(?P<base>.*?)(?P<number>\d{2,}|(?<=[a-z])[a-z]{2}|(?<![a-z])[a-z]{2})")
_PATTERNS = ((_RAR_PART, Cut.RAR), (_TYPED_PART, Cut.PLAIN), (_SPLIT_ZIP, Cut.SPLIT_ZIP), (_RAR_OLD, Cut.RAR))


def place_of(path: str) -> VolumeName | None:
    """Where ``path`` may stand in a set, by its name alone; None where it looks like no volume."""
    for pattern, cut in _PATTERNS:
        if found := pattern.fullmatch(path):
            return VolumeName(found["base"], cut, found["number"])
    folder, _, name = path.rpartition("/")
    found = _ANY_PART.fullmatch(name)
    return _untyped(f"{folder}/{found['base']}", found["number"]) if found else None


def promised_of(path: str) -> Kind | None:
    """The kind that a name promises; a volume's is that of its set."""
    place = place_of(path)
    if place and place.typed and place.cut is Cut.PLAIN:
        return promised_kind(place.base.rstrip("._-").removesuffix(".part"))
    return promised_kind(path)


def _untyped(base: str, number: str) -> VolumeName:
    """A part whose name alone says little: those of a set have numbers of one width, or get wider as split's do."""
    return VolumeName(f"{base}#{2 if _WIDENED.fullmatch(number) else len(number)}", Cut.PLAIN, number, typed=False)


def _letters(text: str) -> int:
    return reduce(lambda number, letter: 26 * number + ord(letter) - ord("a"), text.lower(), 0)


def groups_of(files: Iterable[Volume]) -> list[Group]:
    """The sets that the names of ``files`` make, in order of their names; sets of one only where the name says volume.

    Nothing is opened: whether a set is an archive is for its first bytes to say.
    """
    files = list(files)
    from_zero = {found["base"] for file in files if (found := _CUT_FROM_ZERO.fullmatch(file.path))}
    sets: dict[tuple[str, Cut], list[_Member]] = defaultdict(list)
    for file in files:
        found = _CUT.fullmatch(file.path)
        is_cut = found is not None and found["base"] in from_zero
        place = _untyped(found["base"], found["number"]) if found and is_cut else place_of(file.path)
        if place:
            sets[place.base, place.cut].append((place, file))
    _adopt(sets)
    groups = [_group(base, cut, members) for (base, cut), members in sorted(sets.items())]
    return [group for group in groups if _is_set(group)]


def _adopt(sets: dict[tuple[str, Cut], list[_Member]]) -> None:
    """Parts that are called as compressed files are, ``a.zip.gz``, into the set that has the part before them."""
    for (base, cut), members in list(sets.items()):
        folder, _, name = base.rpartition("/")
        others = sets.get((f"{folder}/{name}#2", Cut.PLAIN), [])
        if cut is Cut.PLAIN and members[0][0].typed and others:
            have = {place.number for place, _ in members}
            members += [(place, file) for place, file in others if place.number - 1 in have]


def _group(base: str, cut: Cut, members: list[_Member]) -> Group:
    widths = {len(place.text or "") for place, _ in members}
    is_widened = cut is Cut.PLAIN and widths == {2, 4}
    numbered = [(place.widened if is_widened else place.number, file) for place, file in members]
    numbered.sort(key=lambda member: (member[0], member[1].path))
    numbers, volumes = zip(*numbered, strict=True)
    return Group(base, cut, members[0][0].typed, numbers, volumes)


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
