"""Print figures on random manifests with their bounds; exit with 1 if one is broken.

python -m benchmarks.trust [WORLDS]
"""

import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

from benchmarks.trust.inclusion import inclusion, moved
from benchmarks.trust.looks import CHANGES, false_pairs, recalls
from benchmarks.trust.relations import crossings, related_world
from benchmarks.trust.running import FIFTHS, manifest, over, splits_of
from indexer.selection.audit import AuditOptions, audit
from tests.support.worlds import fakes, photographs

# Least recall and most false pairs per million, by radius.
RADII = (2, 4, 8)
_LEAST_RECALL = {
    "JPEG 90": (0.7, 0.9, 0.95),
    "JPEG 50": (0.6, 0.9, 0.95),
    "half size": (0.6, 0.95, 0.95),
    "double size": (0.8, 0.95, 0.95),
    "WebP 75": (0.85, 0.95, 0.95),
    "brighter by 10%": (0.85, 0.95, 0.95),
    "more contrast, 20%": (0.85, 0.95, 0.95),
    "grey": (0.85, 0.95, 0.95),
    "cropped by 1%": (0.5, 0.9, 0.95),
    "cropped by 2%": (0.0, 0.6, 0.95),
    "cropped by 5%": (0.0, 0.0, 0.6),
}
_MOST_FALSE = {
    "gradients and stripes": (0.0, 0.0, 0.0),
    "products on white": (100.0, 500.0, 10_000.0),
    "lines of text": (0.0, 0.0, 2_500.0),
    "faces": (400.0, 8_000.0, 80_000.0),
}
Figures = Iterator[tuple[str, float, float, float]]
"""Name, value, least, most."""


def crossing_pairs(seed: int) -> int:
    """Return the related pairs of images in different splits of a random manifest."""
    pictures, text = related_world(seed)
    return len(crossings(pictures, splits_of(pictures, text)))


def fraction_error(seed: int) -> float:
    """Return the most images by which a generator in an origin, a generator or the total misses its fraction."""
    chance = random.Random(seed)
    pictures = [one for name in "ABCDEFGHIJ" for origin in "op" for one in fakes(name, origin, 40)]
    quotas = "".join(f"{name} = {chance.randint(1, 12)}\n" for name in "ABCDEFGHIJ")
    text = f"seed = {seed}\nspares = 0\n[quotas]\n{quotas}{FIFTHS}[photographs]\nper_fake = 0\n"
    strata: dict[str, list[bool]] = {}
    for name, split in splits_of(pictures, text).items():
        origin, generator, _ = name.split("/")
        for stratum in (f"{origin}/{generator}", generator, "all"):
            strata.setdefault(stratum, []).append(split == "validation")
    return max(abs(sum(part) - 0.2 * len(part)) for part in strata.values())


def is_alarm(images: int, shift: int, seed: int) -> bool:
    """Return whether the audit of random traits names a shortcut to the label. Fakes are ``shift`` pixels wider."""
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
    with manifest(pictures) as store:
        words = audit(store, None, AuditOptions(tree=False)).words
    return any(" the label at " in line for line in words)


def look_figures() -> Figures:
    """Yield figures of near matching, by radius."""
    for name, values in zip(CHANGES, over(partial(recalls, RADII), CHANGES), strict=True):
        yield from _by_radius(f"recall, {name}", values, _LEAST_RECALL.get(name, (0.0,) * 3), (1.0,) * 3)
    turned = ("mirrored", "turned")
    for name, values in zip(turned, over(partial(recalls, RADII, on_request=True), turned), strict=True):
        yield from _by_radius(f"recall on request, {name}", values, (0.0, 0.6, 0.85), (1.0,) * 3)
    for name, values in zip(_MOST_FALSE, over(partial(false_pairs, RADII), _MOST_FALSE), strict=True):
        yield from _by_radius(f"false pairs per million, {name}", values, (0.0,) * 3, _MOST_FALSE[name])


def _by_radius(name: str, values: Sequence[float], least: Sequence[float], most: Sequence[float]) -> Figures:
    for radius, *figure in zip(RADII, values, least, most, strict=True):
        value, low, high = figure
        yield f"{name}, radius {radius}", value, low, high


def selection_figures(worlds: int) -> Figures:
    """Yield figures of selections and splits."""
    few = max(worlds // 20, 3)
    noise = 3 / (few * 40 * 2 / 3) ** 0.5  # three standard errors of the first number of inclusion(), about
    for name, origins in (("one origin", ("o",)), ("two origins", ("o", "p"))):
        ratio, spread = inclusion(few, origins)
        yield f"inclusion of copied by that of single pictures, {name}", ratio, 1 - noise, 1 + noise
        yield f"inclusion, chi-square per degree of freedom, {name}", spread, 0.0, 3.0
    yield "fractions, images off", max(over(fraction_error, range(few))), 0.0, 1.0
    for change, part in moved(few).items():
        yield f"moved by more {change}", part, 0.0, 0.0 if change == "keys" else 0.12
    yield f"crossings by content in {worlds} manifests", sum(over(crossing_pairs, range(worlds))), 0.0, 0.0


def audit_figures(worlds: int) -> Figures:
    """Yield figures of the audit. The bounds of alarms leave room for three standard errors."""
    few = max(worlds // 20, 3)
    for images, shift in ((20, 400), (50, 300), (200, 150), (1_000, 80), (10_000, 60)):
        runs = worlds // 2 if images < 10_000 else few
        named = over(partial(is_alarm, images, 0), range(runs))
        yield f"false alarms of {images}", sum(named) / runs, 0.0, 0.05 + 3 * (0.05 * 0.95 / runs) ** 0.5
        named = over(partial(is_alarm, images, shift), range(few))
        yield f"power of {images}, {shift} pixels wider", sum(named) / few, 0.8, 1.0


def main() -> int:
    """Print the figures; return 1 if one is out of bounds."""
    worlds = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    broken = 0
    for name, value, least, most in chain(look_figures(), selection_figures(worlds), audit_figures(worlds)):
        is_good = least <= value <= most + 1e-9
        broken += not is_good
        print(f"{'ok  ' if is_good else 'FAIL'} {name}: {value:.3g} ({least:.3g} to {most:.3g})", flush=True)
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
