"""Crossings: related images on different sides of a split, found by comparing all pairs of contents.

This is written apart from sql/select/split, so that the two check each other.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import combinations

from tests.support.worlds import Picture, fakes, photographs

RADIUS = 4
ORIGINS = ("coco", "laion", "raise")


def related_world(seed: int) -> tuple[list[Picture], str]:
    """Return images with equal, near, paired, grouped and prompted ones of any origin and label, and a recipe."""
    chance = random.Random(f"relations {seed}")
    looks = [chance.getrandbits(64) for _ in range(30)]
    contents = [f"copy {n}" for n in range(12)]

    def alike(one: Picture) -> Picture:
        if chance.random() < 0.25:
            flips = sum({1 << chance.randrange(64) for _ in range(chance.randint(0, 5))})
            return replace(one, phash=chance.choice(looks) ^ flips)
        if not one.generator and chance.random() < 0.15:
            return replace(one, content=chance.choice(contents), phash=chance.getrandbits(64))
        return replace(one, phash=chance.getrandbits(64))

    reals = [one for origin in ORIGINS for one in photographs(origin, 150)]
    ids = [one.file_id for one in reals]
    made = [
        replace(
            one,
            paired=tuple(chance.sample(ids[:260], chance.randint(1, 2))) if chance.random() < 0.6 else (),
            prompt=f"caption {chance.randrange(60)}" if chance.random() < 0.2 else "",
        )
        for generator in "AB"
        for one in fakes(generator, "o", 80)
    ]
    allowed = chance.choice([ORIGINS, ORIGINS[:2], ORIGINS[1:], ORIGINS[2:]])
    text = f"""
        seed = {seed}
        per_generator = {chance.choice([10, 20, 30])}
        when_short = "drop"
        [split]
        train = 0.8
        validation = 0.2
        [photographs]
        origins = [{", ".join(f'"{origin}"' for origin in allowed)}]
    """
    return [alike(one) for one in [*made, *reals]], text


def crossings(pictures: Iterable[Picture], splits: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return pairs of selected images (file_id -> split) that are related and in different splits.

    Two images are related by equal bytes or near hashes, as a pair, by a common photograph or equal photographs.
    """
    by_id = {one.file_id: one for one in pictures}
    shared = defaultdict(set)
    for file_id in splits:
        own = by_id[file_id]
        shown = [own, *(by_id[other] for other in own.paired if other in by_id)]
        for name in own.paired or (() if own.generator else (own.file_id,)):
            shared["id", name].add(file_id)
        for one in shown:
            shared["bytes", one.content or one.file_id].add(file_id)
    found = {pair for group in shared.values() for pair in combinations(sorted(group), 2)}
    hashes = [(file_id, by_id[file_id].phash) for file_id in sorted(splits)]
    found |= {
        (one, other)
        for (one, a), (other, b) in combinations(hashes, 2)
        if a is not None and b is not None and (a ^ b).bit_count() <= RADIUS
    }
    return sorted(pair for pair in found if splits[pair[0]] != splits[pair[1]])
