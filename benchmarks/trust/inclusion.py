"""Inclusion: how often each picture is selected, in manifests with copies, and how stable splits are under growth."""

import tempfile
from collections import Counter
from pathlib import Path

from indexer.selection import recipe
from indexer.selection.by_recipe import select
from tests.support.worlds import Picture, fakes, photographs, world

FIFTHS = "[split]\ntrain = 0.8\nvalidation = 0.2\n"
GROWTHS = ("quota", "generators", "spares", "sources", "keys")
_GENERATORS, _PICTURES, _COPIED, _COPIES, _QUOTA = 40, 12, 2, 10, 4


def splits_of(pictures: list[Picture], text: str) -> dict[str, str]:
    """Return the split of each image that a recipe selects, without spares."""
    with tempfile.TemporaryDirectory() as folder, world(Path(folder) / "m.duckdb", pictures) as store:
        select(store, recipe.parse(text), "x")
        return dict(store.execute("select file_id, split from selection where role <> 'spare'"))


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
    counts: Counter[int] = Counter()
    pictures = _copied(origins)
    contents = {one.file_id: int((one.content or "").split("-")[1]) for one in pictures}
    for seed in range(worlds):
        text = f"seed = {seed}\nper_generator = {_QUOTA}\nspares = 0\n{FIFTHS}[photographs]\nper_fake = 0\n"
        counts.update(contents[file_id] for file_id in splits_of(pictures, text))
    of_copied = sum(counts[n] for n in range(_COPIED)) / _COPIED
    of_single = sum(counts[n] for n in range(_COPIED, _PICTURES)) / (_PICTURES - _COPIED)
    draws, part = worlds * _GENERATORS, _QUOTA / _PICTURES
    variance = draws * part * (1 - part) * _PICTURES / (_PICTURES - 1)  # sampling without replacement
    spread = sum((counts[n] - draws * part) ** 2 for n in range(_PICTURES)) / variance
    return of_copied / of_single, spread / (_PICTURES - 1)


def moved(worlds: int, change: str) -> float:
    """Return the fraction of validation images that are in another split after one kind of growth, of ``GROWTHS``."""
    left = stayed = 0
    for seed in range(worlds):
        made = [one for name in "ABCD" for origin in "op" for one in fakes(name, origin, 300)]
        pictures = [*made, *photographs("coco", 900), *photographs("raise", 900)]
        text = f'seed = {seed}\nper_generator = 100\ngenerators = ["A", "B", "C"]\n{FIFTHS}'
        before = splits_of(pictures, text)
        more = [*fakes("A", "q", 300), *photographs("laion", 500)] if change == "sources" else []
        changes = {
            "quota": ("= 100", "= 200"),
            "generators": ('"C"]', '"C", "D"]'),
            "spares": ("[split]", "spares = 0.3\n[split]"),
            "keys": ("train = 0.8\nvalidation = 0.2", "validation = 0.2\ntrain = 0.8"),
            "sources": ("seed", "seed"),
        }
        after = splits_of([*pictures, *more], text.replace(*changes[change]))
        gone = [
            after[name] != "validation" for name, split in before.items() if split == "validation" and name in after
        ]
        left, stayed = left + sum(gone), stayed + len(gone)
    return left / max(stayed, 1)
