"""Parse the names of volumes: the set that a file belongs to, the kind of cut, and its number.

An archive is cut in one of three ways: PKZIP's split zips (``a.z01 ... a.z99, a.z100, a.zip``), plain cuts with numbers
(``a.7z.001``, ``a.zip.part2``, ``a-00.tar.gz``) or letters (``xaa``, ``a.tar.gz-b``), and RAR's volumes
(``a.part1.rar``; ``a.rar, a.r00``).

The numbers of coreutils' split get wider if there are many parts: ``.9000`` follows ``.89``, ``.zaaa`` follows ``.yz``.
``split -x`` counts ``.09``, ``.0a``; one such number shows that all of its set are hexadecimal. A total
(``.part1of3``) and a suffix (``.aa.part``) may follow the number. A browser adds `` (1)`` to the name of a file that it
downloads again.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce

from indexer.containers.kinds import MANY_MEMBERS, OF_PARTS, PART_SUFFIX, PART_WORD, Kind, promised_kind


class Cut(StrEnum):
    """How an archive was cut into volumes."""

    SPLIT_ZIP = "split zip"
    PLAIN = "plain"
    RAR = "rar"


@dataclass(frozen=True, slots=True)
class VolumeName:
    """The parts of a volume's name: its set, the kind of cut, its number as written.

    Attributes:
        base: identifies the set, together with ``copy``.
        cut: the kind of cut.
        text: the number as written; None for a name without one.
        typed: whether the name alone shows that the file is a volume; otherwise first bytes decide.
        copy: a browser's addition to the name, as `` (1)``.
        promised: the kind that belongs to the suffix, or None.
    """

    base: str
    cut: Cut
    text: str | None
    typed: bool = True
    copy: str = ""
    promised: Kind | None = None

    @property
    def number(self) -> int:
        """Return the number as written; one of ``UNNUMBERED`` for a split zip's ``.zip`` and for ``a.rar``."""
        if self.text is None:
            return LAST if self.cut is Cut.SPLIT_ZIP else OLD_RAR
        if self.text.isdigit():
            return int(self.text)
        return 25 * 26 + _letters(self.text[1:]) if len(self.text) == 4 else _letters(self.text)

    @property
    def is_hexadecimal(self) -> bool:
        """Return whether the number has digits and letters."""
        return self.text is not None and _HEXADECIMAL.fullmatch(self.text) is not None

    @property
    def may_be_hexadecimal(self) -> bool:
        """Return whether the number may be hexadecimal."""
        return self.text is not None and re.fullmatch(r"[\da-f]+", self.text, re.I) is not None

    @property
    def may_be_story(self) -> bool:
        """Return whether the file may be a game of the Z-machine, as ``zork.z5``: one digit alone is no proof."""
        return self.cut is Cut.SPLIT_ZIP and len(self.text or "") == 1

    @property
    def widened(self) -> int:
        """Return the number in a set whose first parts have two digits: 9000 follows 89."""
        is_wide = self.text is not None and self.text.isdigit() and len(self.text) == 4
        return 90 + self.number - 9_000 if is_wide else self.number

    @property
    def begins_a_set(self) -> bool:
        """Return whether a set may begin with this name. One that begins with ``.bk`` or ``.ok`` is no set."""
        return self.text is None or self.text.isdigit() or self.text.lower().startswith("a")


LAST = 1 << 30  # the number of a split zip's last volume, .zip
OLD_RAR = -1  # the number of a.rar, which precedes a.r00
UNNUMBERED = (LAST, OLD_RAR)  # the numbers of volumes whose names have none
_COPY = r"(?P<copy> ?\(\d+\))?"
_COPY_AT_END = r"(?P<copy_at_end> ?\(\d+\))?"
_HEX = r"\d[a-f]|[a-f]\d|\d{2}[a-f]|\d[a-f][\da-f]|[a-f]\d[\da-f]|[a-f]{2}\d"
_HEXADECIMAL = re.compile(_HEX, re.I)
# Numbers of five digits at most: each missing number takes room when a set is opened.
_SPLIT_ZIP = re.compile(rf"(?P<base>.+?){_COPY}\.(?:z(?P<number>\d\d?|[1-9]\d{{2,4}})|zip)", re.I)
_JOINT = rf"[._#-]?(?:{PART_WORD}|p(?=\d))?[._-]?"
_LETTERS = rf"{_HEX}|(?!bz)[a-z]{{2}}|z[a-y][a-z]{{2}}|(?<=[._-])[a-z]|(?<=part)[a-z]"
_WHOLE = re.compile(rf".+\.{MANY_MEMBERS}", re.I)
_TYPED_PART = re.compile(
    rf"(?P<base>.+(?P<suffix>\.{MANY_MEMBERS})){_COPY}(?P<joint>{_JOINT})(?P<number>\d{{1,5}}|{_LETTERS}){OF_PARTS}?"
    rf"{_COPY_AT_END}(?P<tail>{PART_SUFFIX})?",
    re.I,
)
_BEFORE_SUFFIX = re.compile(
    rf"(?P<base>.*?)(?P<number>(?<!\d)\d{{1,5}}|(?<=[._-])[a-z]{{1,2}}){OF_PARTS}?(?P<suffix>\.{MANY_MEMBERS})", re.I
)
_CUT_FROM_ZERO = re.compile(r"(?P<base>.+\.z)0+", re.I)  # PKZIP counts from 1
_CUT = re.compile(r"(?P<base>.+\.z)(?P<number>\d+)", re.I)
_WIDENED = re.compile(r"9[0-8]\d\d")
_RAR_PART = re.compile(rf"(?P<base>.+\.part)(?P<number>\d+){_COPY}\.rar", re.I)
_RAR_OLD = re.compile(rf"(?P<base>.+?){_COPY}\.(?:rar|r(?P<number>\d\d))", re.I)
_ANY_PART = re.compile(
    rf"(?P<base>.*?)(?P<number>\d{{2,}}|(?<!\d)\d|(?<![\da-f])(?:\d[a-f]|[a-f]\d)|(?<=[a-z])[a-z]{{2}}|(?<![a-z])[a-z]{{2}}|(?<=[._-])[a-z])"
    rf"(?P<tail>{PART_SUFFIX})?"
)


def volume_name(path: str) -> VolumeName | None:
    """Return the parts of a volume's name if the name alone shows that the file is a volume, else None.

    An archive's own name is the last volume of a split zip, or the first of a RAR.
    """
    if found := _RAR_PART.fullmatch(path):
        return VolumeName(found["base"], Cut.RAR, found["number"], copy=found["copy"] or "")
    if (found := _TYPED_PART.fullmatch(path)) and not _WHOLE.fullmatch(path):
        stem, suffix = found["base"][: -len(found["suffix"])], found["suffix"].lower()
        tail = (found["tail"] or "").lower()
        return VolumeName(
            base=f"{stem}{suffix}{found['joint'].lower()}{tail}",
            cut=Cut.PLAIN,
            text=found["number"],
            typed=not tail,  # .part may be the suffix of an unfinished download
            copy=found["copy"] or found["copy_at_end"] or "",
            promised=promised_kind(f"a{suffix}"),
        )
    for pattern, cut in ((_SPLIT_ZIP, Cut.SPLIT_ZIP), (_RAR_OLD, Cut.RAR)):
        if found := pattern.fullmatch(path):
            return VolumeName(found["base"], cut, found["number"], copy=found["copy"] or "")
    return None


def name_with_number_before_suffix(path: str) -> VolumeName | None:
    """Return the parts of a name as ``x-01.tar.gz`` or ``x_part1.zip``, which may be a volume's, or None."""
    folder, _, name = path.rpartition("/")
    found = _BEFORE_SUFFIX.fullmatch(name)
    if found is None:
        return None
    base = f"{folder}/{found['base']}#{found['suffix'].lower()}"
    return VolumeName(base, Cut.PLAIN, found["number"], typed=False, promised=promised_kind(name))


def name_without_suffix(path: str) -> VolumeName | None:
    """Return the parts of a name that ends in a number, as ``xaa`` or ``x.000``, which may be a volume's, or None."""
    folder, _, name = path.rpartition("/")
    found = _ANY_PART.fullmatch(name)
    return _untyped(f"{folder}/{found['base']}{found['tail'] or ''}", found["number"]) if found else None


def cut_from_zero(path: str) -> str | None:
    """Return the base of a name that ends in ``.z000``: the first part of a plain cut, since PKZIP counts from 1."""
    found = _CUT_FROM_ZERO.fullmatch(path)
    return found["base"] if found else None


def numbered_cut(path: str) -> VolumeName | None:
    """Return the parts of a name that ends in ``.z`` and a number, read as a part of a plain cut, or None."""
    found = _CUT.fullmatch(path)
    return _untyped(found["base"], found["number"]) if found else None


def promised_of(path: str) -> Kind | None:
    """Return the kind that belongs to the suffix; for a volume, that of its set."""
    volume = volume_name(path)
    return volume.promised if volume and volume.promised else promised_kind(path)


def _untyped(base: str, number: str) -> VolumeName:
    """Return the name of a part without an archive's suffix. The numbers of a set have one width, or they widen."""
    return VolumeName(f"{base}#{2 if _WIDENED.fullmatch(number) else len(number)}", Cut.PLAIN, number, typed=False)


def _letters(text: str) -> int:
    return reduce(lambda number, letter: 26 * number + ord(letter) - ord("a"), text.lower(), 0)
