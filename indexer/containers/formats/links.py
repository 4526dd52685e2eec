"""Find the members that links in an archive lead to."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

_RECENT = 1 << 16
MOST_HOPS = 16  # links in a chain
MOST_LINKS = 200_000  # in memory at once
LONGEST_TARGET = 4096  # bytes: PATH_MAX of Linux


@dataclass(slots=True)
class LinkTargets:
    """The members of a tar by name, 24 bytes per member: links may lead to each of them.

    Recent members are in a dictionary; earlier ones are in sorted arrays.
    """

    _recent: dict[int, int] = field(default_factory=dict)
    _sorted: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]] = field(default_factory=list)
    _offsets: "array[int]" = field(default_factory=lambda: array("q"))
    _sizes: "array[int]" = field(default_factory=lambda: array("q"))
    _ordinals: "array[int]" = field(default_factory=lambda: array("q"))

    def add(self, name: bytes, ordinal: int, offset: int, size: int) -> None:
        """Add a member; it takes the place of an earlier one with its name."""
        self._recent[hash(normal_name(name))] = len(self._offsets)
        self._ordinals.append(ordinal)
        self._offsets.append(offset)
        self._sizes.append(size)
        if len(self._recent) >= _RECENT:
            hashes = np.fromiter(self._recent.keys(), np.int64, len(self._recent))
            indexes = np.fromiter(self._recent.values(), np.int64, len(self._recent))
            order = np.argsort(hashes)
            self._sorted.append((hashes[order], indexes[order]))
            self._recent = {}

    def find(self, name: bytes) -> tuple[int, int, int] | None:
        """Return ordinal, offset and size of the last member with a name, or None."""
        wanted = hash(normal_name(name))
        index = self._recent.get(wanted)
        for hashes, indexes in reversed(self._sorted) if index is None else ():
            place = int(np.searchsorted(hashes, wanted))
            if place < len(hashes) and hashes[place] == wanted:
                index = int(indexes[place])
                break
        return None if index is None else (self._ordinals[index], self._offsets[index], self._sizes[index])

    def has_later(self, name: bytes, ordinal: int) -> bool:
        """Return whether a member after ``ordinal`` has a name."""
        found = self.find(name)
        return found is not None and found[0] > ordinal


def normal_name(name: bytes) -> bytes:
    """Return a name without empty and ``.`` components, ``..`` resolved."""
    if b"./" not in name and b"//" not in name and not name.startswith(b"/"):
        return name
    parts: list[bytes] = []
    for part in name.split(b"/"):
        if part == b"..":
            parts[-1:] = []
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/".join(parts)


def link_target(name: bytes, link: bytes, is_symbolic: bool) -> bytes:
    """Return the name of the member that a link leads to; symbolic links count from the folder that they are in."""
    return b"/".join((name.rpartition(b"/")[0], link)) if is_symbolic and not link.startswith(b"/") else link


def end_of_links(target: bytes, links: Mapping[bytes, bytes]) -> bytes:
    """Return the normal name where a chain of symbolic links ends; ``links`` has targets by normal name."""
    for _ in range(MOST_HOPS):
        target = normal_name(target)
        if target not in links:
            break
        target = links[target]
    return target
