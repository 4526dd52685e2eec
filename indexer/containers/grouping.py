"""Group the volumes of each archive by their names, and find the numbers that are missing."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from indexer.containers.models import Volume
from indexer.containers.volume_names import (
    LAST,
    OLD_RAR,
    UNNUMBERED,
    Cut,
    VolumeName,
    cut_from_zero,
    name_with_number_before_suffix,
    name_without_suffix,
    numbered_cut,
    volume_name,
)


@dataclass(frozen=True, slots=True)
class Group:
    """The volumes of one set with their numbers, in order.

    ``typed`` as in :class:`VolumeName`. ``first`` is the number of the first volume, which may be missing. ``copies``
    are further copies of the volumes, which are not read.
    """

    base: str
    cut: Cut
    typed: bool
    first: int
    numbers: tuple[int, ...]
    volumes: tuple[Volume, ...]
    copies: tuple[Volume, ...] = ()


_Key: TypeAlias = tuple[str, Cut, str]  # base, cut, copy
_Sets: TypeAlias = dict[_Key, list[tuple[VolumeName, Volume]]]
# Bytes by which a volume of a split zip may be smaller than the others: headers are not divided (APPNOTE.TXT 8.5.2).
SPLIT_ZIP_SLACK = 1024


def groups_of(files: Iterable[Volume]) -> list[Group]:
    """Return the sets of volumes among ``files``, ordered by name; sets of one only if the name is surely a volume's.

    No file is opened: first bytes decide later whether a set is an archive.
    """
    files = list(files)
    from_zero = {base for file in files if (base := cut_from_zero(file.path))}
    sets: _Sets = defaultdict(list)
    for file in files:
        cut = numbered_cut(file.path)
        is_cut = cut is not None and cut.base.rpartition("#")[0] in from_zero
        _add(sets, cut if is_cut else volume_name(file.path) or name_without_suffix(file.path), file)
    _adopt_suffixes(sets)
    _adopt_wider_numbers(sets)
    _adopt_spellings(sets)
    _adopt_copies(sets)
    groups = [_group(key, members) for key, members in sorted(sets.items())]
    found = [group for group in groups if group is not None]
    grouped = {volume.path for group in found for volume in (*group.volumes, *group.copies)}
    found += _possible_groups(file for file in files if file.path not in grouped)
    return sorted(found, key=lambda group: (group.base, group.cut))


def _possible_groups(files: Iterable[Volume]) -> Iterator[Group]:
    """Yield the sets among files whose names have a number before an archive's suffix, as ``x-01.zip``."""
    sets: _Sets = defaultdict(list)
    for file in files:
        _add(sets, name_with_number_before_suffix(file.path), file)
    for key, members in sorted(sets.items()):
        group = _group(key, members)
        if group is not None and len(group.volumes) > 1:
            yield group


def _add(sets: _Sets, name: VolumeName | None, file: Volume) -> None:
    if name is not None:
        sets[name.base, name.cut, name.copy].append((name, file))


def _adopt_suffixes(sets: _Sets) -> None:
    """Move parts with the suffix of a compressed file, ``a.zip.gz``, into the set that has the part before them."""
    for (base, cut, _), members in list(sets.items()):
        folder, _, name = base.rpartition("/")
        others = sets.get((f"{folder}/{name}#2", Cut.PLAIN, ""), [])
        if cut is Cut.PLAIN and members[0][0].typed and others:
            have = {volume.number for volume, _ in members}
            members += [(volume, file) for volume, file in others if volume.number - 1 in have]


def _adopt_wider_numbers(sets: _Sets) -> None:
    """Move parts without suffix from number 10 on, ``data.part10``, into the set that has the parts of one digit."""
    for (base, cut, copy), narrow in sorted(sets.items()):
        stem, _, width = base.rpartition("#")
        for digits in (2, 3) if cut is Cut.PLAIN and width == "1" else ():
            others = sets.get((f"{stem}#{digits}", cut, copy), [])
            numbers = {name.number for name, _ in others if name.text is not None and not name.text.startswith("0")}
            if len(numbers) == len(others) and min(numbers, default=0) == 10 ** (digits - 1):
                narrow.extend(sets.pop((f"{stem}#{digits}", cut, copy)))


def _adopt_spellings(sets: _Sets) -> None:
    """Join sets whose names differ in letter case or Unicode form alone, as ``X.ZIP`` and ``x.z01``.

    Sets that have a number in common remain apart: they are several archives.
    """
    spellings: dict[_Key, list[_Key]] = defaultdict(list)
    for base, cut, copy in sorted(sets):
        if all(name.typed for name, _ in sets[base, cut, copy]):
            folder, _, name = base.rpartition("/")
            spellings[f"{folder}/{unicodedata.normalize('NFC', name).casefold()}", cut, copy].append((base, cut, copy))
    for keys in spellings.values():
        numbers = [number for key in keys for number in {name.number for name, _ in sets[key]}]
        if len(keys) > 1 and len(numbers) == len(set(numbers)):
            for key in keys[1:]:
                sets[keys[0]] += sets.pop(key)


def _adopt_copies(sets: _Sets) -> None:
    """Move volumes that a browser downloaded again, as ``a.7z (1).002``, into the set of the others.

    A second set that has all numbers of the first remains a set of its own. A volume that is shorter than the others
    changes places with its copy: its download was not finished.
    """
    for (base, cut, copy), members in sorted(sets.items()):
        original = sets.get((base, cut, ""), [])
        have = {name.number: file.size for name, file in original}
        if copy and original and not have.keys() <= {name.number for name, _ in members}:
            moved = [(name, file) for name, file in members if _is_copy(name.number, file.size, have)]
            members[:] = [each for each in members if each not in moved]
            complete = {name.number for name, file in moved if have.get(name.number, file.size) < file.size}
            original[:] = [(_as_copy(name, copy) if name.number in complete else name, file) for name, file in original]
            original += [(_as_copy(name, "") if name.number in complete else name, file) for name, file in moved]


def _is_copy(number: int, size: int, have: Mapping[int, int]) -> bool:
    """Return whether a file is a copy of a volume, or one that is missing, of a set with the sizes ``have`` by number.

    The last volume may have any size, and the first may be an archive of its own: their copies have a known size.
    """
    usual, last = max(have.values()), max(have)
    is_inner = min(have) < number < last and size < usual
    return number not in have or size == have[number] or is_inner or (number < last and size == usual)


def _as_copy(name: VolumeName, copy: str) -> VolumeName:
    return replace(name, copy=copy)


def _group(key: _Key, members: list[tuple[VolumeName, Volume]]) -> Group | None:
    """Return the volumes of one set in order, or None if they form no set."""
    if not members or not any(name.begins_a_set for name, _ in members):
        return None
    widths = {len(name.text or "") for name, _ in members}
    is_widened = key[1] is Cut.PLAIN and widths == {2, 4}
    names = [name for name, _ in members]
    is_hexadecimal = any(name.is_hexadecimal for name in names) and all(name.may_be_hexadecimal for name in names)
    numbered: dict[int, Volume] = {}
    copies = []
    for name, file in sorted(members, key=lambda member: (member[0].copy, member[1].path)):
        number = name.widened if is_widened else name.number
        number = int(name.text or "0", 16) if is_hexadecimal else number
        if number not in numbered:
            numbered[number] = file
        elif name.copy:
            copies.append(file)
        else:
            return None
    numbers = tuple(sorted(numbered))
    volumes = tuple(numbered[number] for number in numbers)
    name = members[0][0]
    first = first_number(name, numbers[0])
    group = Group(f"{name.base}{name.copy}", name.cut, name.typed, first, numbers, volumes, tuple(copies))
    return group if _is_set(group, name) else None


def first_number(name: VolumeName, lowest: int) -> int:
    """Return the number of the first volume of the set of ``name``, in which ``lowest`` is the lowest number."""
    if name.cut is Cut.SPLIT_ZIP:
        return 1
    if name.cut is Cut.RAR:  # a.part1.rar, or a.rar before a.r00
        return 1 if name.base.lower().endswith(".part") else OLD_RAR
    return min(1, lowest) if name.text is not None and name.text.isdigit() else 0


def _is_set(group: Group, name: VolumeName) -> bool:
    """Return whether the numbers form a set; parts whose names alone are no proof count from 0 or 1."""
    if group.cut is not Cut.PLAIN:
        is_certain = group.numbers[0] not in UNNUMBERED and not name.may_be_story
        return is_certain or len(group.numbers) > 1
    if group.typed:
        return True
    if len(group.volumes) < 2 or group.numbers[0] not in (0, 1):
        return False
    if name.promised or cut_from_zero(group.volumes[0].path):
        return True
    missing = group.numbers[-1] - group.numbers[0] + 1 - len(group.numbers)
    return missing < len(group.numbers) / 2 and _as_split_cuts([volume.size for volume in group.volumes])


def _as_split_cuts(sizes: Sequence[int]) -> bool:
    """Return whether parts have the sizes that split gives them: by ``-b``, or nearly equal ones by ``-n``."""
    is_by_bytes = set(sizes[:-1]) == {max(sizes)} and sizes[-1] > 0
    return is_by_bytes or (min(sizes) > 0 and max(sizes) - min(sizes) < len(sizes))


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How the volumes of one container are cut: each volume by its number, counted from 0, and copies.

    The last volume of a split zip has the number LAST: only its contents show how many there are.
    """

    cut: Cut
    numbered: dict[int, Volume]
    copies: tuple[Volume, ...] = ()


def arrangement_of(volumes: Sequence[Volume]) -> Arrangement | None:
    """Return how the volumes of one container are arranged; None for a single file without a number."""
    groups = groups_of(volumes)
    if len(groups) != 1 or len(groups[0].volumes) + len(groups[0].copies) != len(volumes):
        return None
    group = groups[0]
    numbers = (number if number == LAST else number - group.first for number in group.numbers)
    return Arrangement(group.cut, dict(zip(numbers, group.volumes, strict=True)), group.copies)
