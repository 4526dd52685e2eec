"""Inclusion: how often each picture is selected, in manifests with copies, and how stable splits are under growth."""

from collections import Counter
from functools import partial

from benchmarks.trust.running import FIFTHS, over, splits_of
from tests.support.worlds import Picture, fakes, photographs

GROWTHS = ("quota", "generators", "spares", "sources", "keys")
_GENERATORS, _PICTURES, _COPIED, _COPIES, _QUOTA = 40, 12, 2, 10, 4


def _copied(origins: tuple[str, ...]) -> list[Picture]:
    """Return 12 pictures of each generator, of which two are in ten copies, over all origins.

    With two origins, six pictures are first in each.
    """
    return [
        Picture(f"{origin}/G{generator}/{copy}-{n}", origin, f"G{generator}", content=f"{generator}-{n}")
        for generator in range(_GENERATORS)
        for n in range(_PICTURES)
        for copy in range(_COPIES if n < _COPIED else 1)
        for origin in [origins[copy % len(origins) if n < _COPIED else -(n < 8)]]
    ]


def inclusion(worlds: int, origins: tuple[str, ...] = ("o",)) -> tuple[float, float]:
    """Return two numbers that are near 1 where each picture is as likely as any other.

    The first is how often a picture in ten copies is selected, divided by how often one without copies is. The
    second is the statistic of Pearson's test of equal probabilities, divided by its degrees of freedom.
    """
    counts = Counter(n for found in over(partial(_selected, origins), range(worlds)) for n in found)
    of_copied = sum(counts[n] for n in range(_COPIED)) / _COPIED
    of_single = sum(counts[n] for n in range(_COPIED, _PICTURES)) / (_PICTURES - _COPIED)
    draws, part = worlds * _GENERATORS, _QUOTA / _PICTURES
    variance = draws * part * (1 - part) * _PICTURES / (_PICTURES - 1)  # sampling without replacement
    spread = sum((counts[n] - draws * part) ** 2 for n in range(_PICTURES)) / variance
    return of_copied / of_single, spread / (_PICTURES - 1)


def _selected(origins: tuple[str, ...], seed: int) -> list[int]:
    """Return the pictures, 0 to 11, that one selection has of each generator."""
    pictures = _copied(origins)
    contents = {one.file_id: int((one.content or "").split("-")[1]) for one in pictures}
    text = f"seed = {seed}\nper_generator = {_QUOTA}\nspares = 0\n{FIFTHS}[photographs]\nper_fake = 0\n"
    return [contents[file_id] for file_id in splits_of(pictures, text)]


def moved(worlds: int) -> dict[str, float]:
    """Return the fraction of validation images that are in another split after each kind of growth, of ``GROWTHS``."""
    found = over(_moved, range(worlds))
    return {
        change: sum(one[change][0] for one in found) / max(sum(one[change][1] for one in found), 1)
        for change in GROWTHS
    }


def _moved(seed: int) -> dict[str, tuple[int, int]]:
    """Return how many validation images are in another split after each growth, and how many are still selected."""
    made = [one for name in "ABCD" for origin in "op" for one in fakes(name, origin, 300)]
    pictures = [*made, *photographs("coco", 900), *photographs("raise", 900)]
    more = [*fakes("A", "q", 300), *photographs("laion", 500)]
    text = f'seed = {seed}\nper_generator = 100\ngenerators = ["A", "B", "C"]\n{FIFTHS}'
    grown = {
        "quota": (pictures, text.replace("= 100", "= 200")),
        "generators": (pictures, text.replace('"C"]', '"C", "D"]')),
        "spares": (pictures, text.replace("[split]", "spares = 0.3\n[split]")),
        "sources": ([*pictures, *more], text),
        "keys": (pictures, text.replace("train = 0.8\nvalidation = 0.2", "validation = 0.2\ntrain = 0.8")),
    }
    before = [name for name, split in splits_of(pictures, text).items() if split == "validation"]
    found = {}
    for change in GROWTHS:
        after = splits_of(*grown[change])
        kept = [name for name in before if name in after]
        found[change] = (sum(after[name] != "validation" for name in kept), len(kept))
    return found
