"""Group the volumes of each archive by their names.

An archive is cut in one of three ways: PKZIP's split zips (``a.z01 ... a.z99, a.z100, a.zip``), plain cuts with numbers
(``a.7z.001``, ``a.z000``) or letters (``xaa``, ``a.tar.aa``), and RAR's volumes (``a.part1.rar``; ``a.rar, a.r00``).

The numbers of coreutils' split get wider if there are many parts: ``.9000`` follows ``.89``, ``.zaaa`` follows ``.yz``.
Some of its parts have the suffixes of other files: ``.zip.gz``, ``.zip.md``.
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
    """The parts of a volume's name: its set, the kind of cut, its number as written.

    ``typed`` is whether the name also shows the kind of the archive.
    """

    base: str
    cut: Cut
    text: str | None
    typed: bool = True

    @property
    def number(self) -> int:
        """Return the number as written; LAST for a split zip's ``.zip``, -1 for ``a.rar``, which precedes ``a.r00``."""
        if self.text is None:
            return LAST if self.cut is Cut.SPLIT_ZIP else -1
        if self.text.isdigit():
            return int(self.text)
        return _letters(self.text) if len(self.text) == 2 else 25 * 26 + _letters(self.text[1:])

    @property
    def widened(self) -> int:
        """Return the number in a set whose first parts have two digits: 9000 follows 89."""
        is_wide = self.text is not None and self.text.isdigit() and len(self.text) == 4
        return 90 + self.number - 9_000 if is_wide else self.number


@dataclass(frozen=True, slots=True)
class Group:
    """The volumes of one set with their numbers, in order; ``typed`` as in :class:`VolumeName`."""

    base: str
    cut: Cut
    typed: bool
    numbers: tuple[int, ...]
    volumes: tuple[Volume, ...]


_Member: TypeAlias = tuple[VolumeName, Volume]
LAST = 1 << 30  # the number of a split zip's last volume, .zip
# Bytes by which a volume of a split zip may be smaller than the others: headers are not divided (APPNOTE.TXT 8.5.2).
SPLIT_ZIP_SLACK = 1024
# Numbers of five digits at most: each missing number takes room when a set is opened.
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


def volume_name(path: str) -> VolumeName | None:
    """Return the parts of a volume's name, or None if ``path`` does not look like a volume."""
    for pattern, cut in _PATTERNS:
        if found := pattern.fullmatch(path):
            return VolumeName(found["base"], cut, found["number"])
    folder, _, name = path.rpartition("/")
    found = _ANY_PART.fullmatch(name)
    return _untyped(f"{folder}/{found['base']}", found["number"]) if found else None


def promised_of(path: str) -> Kind | None:
    """Return the kind that belongs to the suffix; for a volume, that of its set."""
    volume = volume_name(path)
    if volume and volume.typed and volume.cut is Cut.PLAIN:
        return promised_kind(volume.base.rstrip("._-").removesuffix(".part"))
    return promised_kind(path)


def _untyped(base: str, number: str) -> VolumeName:
    """Return the name of a part without an archive's suffix. The numbers of a set have one width, or they widen."""
    return VolumeName(f"{base}#{2 if _WIDENED.fullmatch(number) else len(number)}", Cut.PLAIN, number, typed=False)


def _letters(text: str) -> int:
    return reduce(lambda number, letter: 26 * number + ord(letter) - ord("a"), text.lower(), 0)


def groups_of(files: Iterable[Volume]) -> list[Group]:
    """Return the sets of volumes among ``files``, ordered by name; sets of one only if the name is surely a volume's.

    No file is opened: first bytes decide later whether a set is an archive.
    """
    files = list(files)
    from_zero = {found["base"] for file in files if (found := _CUT_FROM_ZERO.fullmatch(file.path))}
    sets: dict[tuple[str, Cut], list[_Member]] = defaultdict(list)
    for file in files:
        found = _CUT.fullmatch(file.path)
        is_cut = found is not None and found["base"] in from_zero
        volume = _untyped(found["base"], found["number"]) if found and is_cut else volume_name(file.path)
        if volume:
            sets[volume.base, volume.cut].append((volume, file))
    _adopt(sets)
    groups = [_group(base, cut, members) for (base, cut), members in sorted(sets.items())]
    return [group for group in groups if _is_set(group)]


def _adopt(sets: dict[tuple[str, Cut], list[_Member]]) -> None:
    """Move parts with the suffix of a compressed file, ``a.zip.gz``, into the set that has the part before them."""
    for (base, cut), members in list(sets.items()):
        folder, _, name = base.rpartition("/")
        others = sets.get((f"{folder}/{name}#2", Cut.PLAIN), [])
        if cut is Cut.PLAIN and members[0][0].typed and others:
            have = {volume.number for volume, _ in members}
            members += [(volume, file) for volume, file in others if volume.number - 1 in have]


def _group(base: str, cut: Cut, members: list[_Member]) -> Group:
    widths = {len(volume.text or "") for volume, _ in members}
    is_widened = cut is Cut.PLAIN and widths == {2, 4}
    numbered = [(volume.widened if is_widened else volume.number, file) for volume, file in members]
    numbered.sort(key=lambda member: (member[0], member[1].path))
    numbers, volumes = zip(*numbered, strict=True)
    return Group(base, cut, members[0][0].typed, numbers, volumes)


def _is_set(group: Group) -> bool:
    """Return whether the numbers form a set: none twice; untyped parts count from 0 or 1 and have equal sizes."""
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
    """Return how the volumes of one container are cut, and their numbers counted from 0; None for a single file.

    The last volume of a split zip has the number LAST: only its contents show how many there are.
    """
    groups = groups_of(volumes)
    if len(groups) != 1 or len(groups[0].volumes) != len(volumes):
        return None
    cut, numbers = groups[0].cut, groups[0].numbers
    first_of_rar = 1 if _RAR_PART.fullmatch(volumes[0].path) else -1  # a.part1.rar, or a.rar before a.r00
    first = {Cut.SPLIT_ZIP: 1, Cut.RAR: first_of_rar}.get(cut, min(1, numbers[0]))
    if cut is Cut.PLAIN and not volumes[0].path[-1].isdigit():
        first = 0
    return cut, tuple(number if number == LAST else number - first for number in numbers)
