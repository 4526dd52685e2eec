"""Print figures on random manifests with their bounds; exit with 1 if one is broken.

python -m benchmarks.trust [WORLDS]
"""

import random
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.trust.looks import false_pairs, recalls
from benchmarks.trust.relations import crossings, related_world
from indexer.selection import recipe
from indexer.selection.audit import AuditOptions, audit
from indexer.selection.by_recipe import select
from tests.support.worlds import Picture, fakes, photographs, world

_LEAST_RECALL = {
    "JPEG 90": 0.95, "JPEG 50": 0.9, "half size": 0.95, "double size": 0.95, "WebP 75": 0.95, "brighter by 10%": 0.95,
    "more contrast, 20%": 0.95, "grey": 0.95, "cropped by 1%": 0.9, "cropped by 2%": 0.6,
}  # fmt: skip
_MOST_FALSE = {"gradients and stripes": 0.0, "products on white": 500.0, "lines of text": 0.0, "faces": 10_000.0}
FIFTHS = "[split]\ntrain = 0.8\nvalidation = 0.2\n"


def splits_of(pictures: list[Picture], text: str) -> dict[str, str]:
    """Return the split of each image that a recipe selects, without spares."""
    with tempfile.TemporaryDirectory() as folder, world(Path(folder) / "m.duckdb", pictures) as store:
        select(store, recipe.parse(text), "x")
        return dict(store.execute("select file_id, split from selection where role <> 'spare'"))


def crossing_pairs(worlds: int) -> float:
    """Return the related pairs of images in different splits, in ``worlds`` manifests."""
    total = 0
    for seed in range(worlds):
        pictures, text = related_world(seed)
        total += len(crossings(pictures, splits_of(pictures, text)))
    return total


def moved(worlds: int, change: str) -> float:
    """Return the fraction of validation images that are in another split after one kind of growth."""
    left = stayed = 0
    for seed in range(worlds):
        origins = ("o", "p")
        made = [one for name in "ABCD" for origin in origins for one in fakes(name, origin, 300)]
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


def fraction_error(worlds: int) -> float:
    """Return the most images by which a generator in an origin, a generator or the total misses its fraction."""
    worst = 0.0
    for seed in range(worlds):
        chance = random.Random(seed)
        pictures = [one for name in "ABCDEFGHIJ" for origin in "op" for one in fakes(name, origin, 40)]
        quotas = "".join(f"{name} = {chance.randint(1, 12)}\n" for name in "ABCDEFGHIJ")
        text = f"seed = {seed}\nspares = 0\n[quotas]\n{quotas}{FIFTHS}[photographs]\nper_fake = 0\n"
        found = splits_of(pictures, text)
        strata: dict[str, list[bool]] = {}
        for name, split in found.items():
            origin, generator, _ = name.split("/")
            for stratum in (f"{origin}/{generator}", generator, "all"):
                strata.setdefault(stratum, []).append(split == "validation")
        worst = max(worst, *(abs(sum(part) - 0.2 * len(part)) for part in strata.values()))
    return worst


def alarms(worlds: int, images: int, shift: int = 0) -> float:
    """Return the fraction of manifests of ``images`` for which the audit names a shortcut to the label.

    The traits are random. With ``shift``, fakes are that many pixels wider.
    """
    count = 0
    for seed in range(worlds):
        chance = random.Random(f"{images} {seed}")
        both = [*fakes("A", "o", images // 2), *photographs("coco", images // 2)]
        pictures = [
            replace(
                one,
                side=chance.randint(300, 700) + shift * bool(one.generator),
                file_size=chance.randint(10_000, 1_000_000),
                format=chance.choice(["PNG", "JPEG", "WEBP"]),
                jpeg_quality=chance.choice([None, 75, 80, 90, 95]),
            )
            for one in both
        ]
        with tempfile.TemporaryDirectory() as folder, world(Path(folder) / "m.duckdb", pictures) as store:
            words = audit(store, None, AuditOptions(tree=False)).words
        count += any(" the label at " in line for line in words)
    return count / worlds


def figures(worlds: int) -> Mapping[str, tuple[float, float, float]]:
    """Return figures by name: value, least, most."""
    few = max(worlds // 10, 2)
    found = {"crossings": (crossing_pairs(worlds), 0.0, 0.0), "fractions, images off": (fraction_error(few), 0.0, 1.0)}
    for change in ("quota", "generators", "spares", "sources", "keys"):
        found[f"moved by more {change}"] = (moved(few, change), 0.0, 0.0 if change == "keys" else 0.12)
    found |= {f"recall, {name}": (value, _LEAST_RECALL.get(name, 0.0), 1.0) for name, value in recalls(40, 4).items()}
    for kind, most in _MOST_FALSE.items():
        found[f"false pairs per million, {kind}"] = (false_pairs(kind, 300, 4)[0], 0.0, most)
    for images in (20, 50, 200, 1_000, 10_000):
        runs = worlds if images < 10_000 else few
        found[f"false alarms of {images}"] = (alarms(runs, images), 0.0, 0.05 + 2 / runs)
    for images, shift in ((20, 400), (50, 300), (200, 150), (1_000, 80), (10_000, 60)):
        found[f"power of {images}, {shift} pixels wider"] = (alarms(few, images, shift), 0.8, 1.0)
    return found


def main() -> int:
    """Print the figures."""
    worlds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    broken = 0
    for name, (value, least, most) in figures(worlds).items():
        is_good = least <= value <= most + 1e-9
        broken += not is_good
        print(f"{'ok  ' if is_good else 'FAIL'} {name}: {value:.3g} ({least:g} to {most:g})", flush=True)
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
