"""Mirrored and turned copies are near duplicates on request."""

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexer.images.phash import looks
from indexer.selection import recipe
from indexer.selection.audit import AuditOptions, audit
from indexer.selection.by_recipe import select
from indexer.selection.near_looks import turned_hashes
from tests.support.worlds import Picture, world

TURNS = [None, *Image.Transpose]
ALONE = "spares = 0\n[photographs]\nper_fake = 0\n"


def drawn(count: int) -> Iterator[Image.Image]:
    """Yield pictures with much structure, of which none is symmetric."""
    chance = np.random.default_rng(4)
    for _ in range(count):
        coarse = chance.integers(0, 256, (11, 13, 3), dtype=np.uint8)
        yield Image.fromarray(coarse).resize((240, 200), Image.Resampling.BICUBIC)


def turned(image: Image.Image) -> Iterator[Image.Image]:
    """Yield an image in its eight positions."""
    yield from (image if way is None else image.transpose(way) for way in TURNS)


def test_turned_hashes_are_those_of_turned_pixels_but_for_few_bits() -> None:
    coarse = []
    for image in drawn(12):
        own, *others = (_text(one) for one in turned(image))
        derived = turned_hashes(own)
        assert len(derived) == 7
        for other in others:
            coarse.append(min(_bits_apart(one[:16], other[:16]) for one in derived))
            assert min(_bits_apart(one[16:], other[16:]) for one in derived) <= 64
            assert _bits_apart(own[16:], other[16:]) > 64
    assert np.mean(np.array(coarse) <= 8) > 0.85, coarse


def _text(image: Image.Image) -> str:
    found = looks(image)
    return f"{found['phash']:016x}{found['phash_256']}"


def _bits_apart(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def _is_near(one: str, other: str) -> bool:
    """Return whether two hashes are near at radius 8, in any position."""
    return any(
        _bits_apart(turned[:16], other[:16]) <= 8 and _bits_apart(turned[16:], other[16:]) <= 64
        for turned in turned_hashes(one) | {one}
    )


def _near_pairs(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    return [pair for pair in itertools.combinations(texts, 2) if _is_near(texts[pair[0]], texts[pair[1]])]


@pytest.mark.parametrize("generators", [1, 2])
def test_turned_copies_are_duplicates_on_request(tmp_path: Path, generators: int) -> None:
    """Ten pictures in eight positions each, of one or of two generators."""
    made = []
    for n, image in enumerate(drawn(10)):
        for position, one in enumerate(turned(image)):
            found = looks(one)
            generator = "AB"[position % generators]
            made.append(Picture(f"o/{n}-{position}", "o", generator, **found))
    texts = {one.file_id: f"{one.phash:016x}{one.phash_256}" for one in made}
    quotas = f"per_generator = {10 // generators}\n"
    with world(tmp_path / "m.duckdb", made) as store:
        text = f"seed = 1\n{quotas}{ALONE}[duplicates]\nradius = 8\n"
        select(store, recipe.parse(f"{text}turned = true\n"), "x")
        chosen = [name for (name,) in store.execute("select file_id from selection")]
        select(store, recipe.parse(text.replace(quotas, f"per_generator = {80 // generators}\n")), "all")
        plain, strict = (
            audit(store, "all", AuditOptions(8, tree=False, turned=is_turned)).duplicates.to_pylist()
            for is_turned in (False, True)
        )
    assert len(chosen) == 10
    assert not any(_is_near(texts[one], texts[other]) for one, other in itertools.combinations(chosen, 2))
    assert plain == []
    assert [row["groups"] for row in strict] == [len(_near_pairs(texts))]


def test_turned_copies_of_different_labels_share_a_split(tmp_path: Path) -> None:
    pairs = [(looks(image), looks(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))) for image in drawn(40)]
    made = [Picture(f"o/{n}", "o", "A", **one) for n, (one, _) in enumerate(pairs)]
    reals = [Picture(f"coco/{n}", "coco", **other) for n, (_, other) in enumerate(pairs)]
    text = "seed = 1\nper_generator = 40\nspares = 0\n[split]\na = 0.5\nb = 0.5\n[duplicates]\nradius = 8\n"
    with world(tmp_path / "m.duckdb", [*made, *reals]) as store:
        crossing = []
        for more in ("turned = true\n", ""):
            select(store, recipe.parse(text + more), "x")
            splits = dict(store.execute("select file_id, split from selection where name = 'x'"))
            crossing.append(sum(splits[f"o/{n}"] != splits[f"coco/{n}"] for n in range(40)))
    assert crossing[0] == 0
    assert crossing[1] > 5


def test_pairs_of_turned_images_are_those_of_all_comparisons() -> None:
    """Turning twice gives the position that one turn gives: the eight positions are a group."""
    own = f"{0x0123456789ABCDEF:016x}{3**150:064x}"
    all_positions = turned_hashes(own) | {own}
    for one, other in itertools.product(all_positions, repeat=2):
        assert one in turned_hashes(other) or one == other
