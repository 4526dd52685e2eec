"""Find names that occur more than once in an archive, by 64 bits per name."""

import numpy as np
import numpy.typing as npt

from indexer.containers.members.rows import Health

_MIX = np.uint64(0x9E3779B97F4A7C15)
_TURN, _REST = np.uint64(29), np.uint64(35)
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(9)], np.uint64)

Words = npt.NDArray[np.uint64]


def fingerprints(content: npt.NDArray[np.uint8], start: npt.NDArray[np.int64], size: npt.NDArray[np.int64]) -> Words:
    """Return 64 bits for each range of ``content``, mixed from its 8-byte words; equal ranges have equal bits."""
    padded = np.concatenate([content, np.zeros(8, np.uint8)])
    words = np.ndarray((len(content) + 1,), "<u8", padded, strides=(1,))
    mixed = size.astype(np.uint64) * _MIX
    whole = int(size.min()) // 8 * 8 if len(size) else 0
    for done in range(0, whole, 8):  # words that every range has
        mixed = _mixed(mixed, words[start + done])
    for done in range(whole, int(size.max(initial=0)), 8):
        rows = np.flatnonzero(size > done)
        word = words[start[rows] + done] & _MASKS[np.minimum(size[rows] - done, 8)]
        mixed[rows] = _mixed(mixed[rows], word)
    return mixed


def _mixed(state: Words, word: Words) -> Words:
    value = (state ^ word) * _MIX
    return (value << _TURN) | (value >> _REST)


class Repeats:
    """Finds members that have the name of an earlier member."""

    def __init__(self) -> None:
        self._ordinals: list[npt.NDArray[np.int64]] = []
        self._prints: list[Words] = []

    def add(self, ordinals: npt.ArrayLike, prints: npt.ArrayLike) -> None:
        """Add members by ordinal, with 64 bits for each name."""
        self._ordinals.append(np.asarray(ordinals, np.int64))
        self._prints.append(np.asarray(prints).astype(np.uint64))

    def report(self, health: Health) -> None:
        """Add a finding for each member that repeats a name."""
        if not self._prints:
            return
        prints, ordinals = np.concatenate(self._prints), np.concatenate(self._ordinals)
        alike = np.sort(prints)
        if not (alike[1:] == alike[:-1]).any():  # sorting alone is ten times as fast as sorting with positions
            return
        order = np.argsort(prints, kind="stable")
        again = np.flatnonzero(prints[order][1:] == prints[order][:-1]) + 1
        for ordinal in np.sort(ordinals[order[again]]):
            health.add("repeated-name", f"member {ordinal} has the name of an earlier one", int(ordinal))
