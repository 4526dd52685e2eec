"""A picture in many copies is as likely as a picture in one."""

import hashlib
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from operator import itemgetter
from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks import bench_scale
from indexer.base.errors import RecipeError
from indexer.images import INSPECTION_SCHEMA
from indexer.manifest.store import Store, open_for_writing
from indexer.selection import recipe
from indexer.selection.by_recipe import select
from tests.support.worlds import Picture, fakes, inspection_rows, photographs, world

ALONE = "[photographs]\nper_fake = 0\n"
GENERATORS = 60
RECIPE = f"seed = 1\nper_generator = 4\nspares = 0\n{ALONE}"


def copied(origins: tuple[str, ...] = ("o",)) -> list[Picture]:
    """Return 12 pictures of each generator; the first two are in ten copies, over all origins.

    With two origins, six pictures are first in each.
    """
    return [
        Picture(f"{origin}/{generator}/{copy:02}-{n}", origin, f"G{generator}", content=f"{generator}-{n}")
        for generator in range(GENERATORS)
        for n in range(12)
        for copy in range(10 if n < 2 else 1)
        for origin in [origins[copy % len(origins) if n < 2 else -(n < 8)]]
    ]


def selected(store: Store, text: str = RECIPE, inspect: Callable[[Store], int] | None = None) -> list[tuple[str, str]]:
    """Return file_ids and contents."""
    select(store, recipe.parse(text), "x", inspect)
    return store.execute("select file_id, hash from selection join manifest using (file_id) order by all")


def parts(found: list[tuple[str, str]]) -> tuple[float, float]:
    """Return how often a picture in ten copies is selected, and one in one."""
    counts = Counter(int(content.split("-")[1]) < 2 for _, content in found)
    return counts[True] / (2 * GENERATORS), counts[False] / (10 * GENERATORS)


@pytest.mark.parametrize("origins", [("o",), ("o", "p")])
def test_copies_are_not_favoured(tmp_path: Path, origins: tuple[str, ...]) -> None:
    """Each picture is selected with a probability of 1/3; 0.15 is more than three standard errors."""
    with world(tmp_path / "m.duckdb", copied(origins)) as store:
        found = selected(store)
        favoured = parts(selected(store, f"{RECIPE}[duplicates]\ncopies = false\n"))
    assert len({content for _, content in found}) == len(found) == 4 * GENERATORS
    of_copied, of_single = parts(found)
    assert abs(of_copied - of_single) < 0.15
    assert favoured[0] - favoured[1] > 0.3


def inspector(pictures: list[Picture]) -> Callable[[Store], int]:
    """Return a function that inspects the images of work.pool."""
    truth = {row["member_id"]: row for row in inspection_rows(pictures)}

    def inspect(store: Store) -> int:
        members = [member for member, _ in sorted(store.rows("select/inspection/to_inspect"), key=itemgetter(1))]
        rows = [truth[member] for member in members]
        store.insert("inspection", pa.Table.from_pylist(rows, schema=INSPECTION_SCHEMA))
        return len(members)

    return inspect


@pytest.mark.parametrize(
    "sizes",
    [
        pytest.param("select 1", id="sizes differ"),
        pytest.param("update member set crc32 = size % 1000, size = 7", id="checksums differ"),
        pytest.param("update member set size = 7", id="one size, no checksums"),
        pytest.param("update member set size = null", id="no sizes"),
    ],
)
def test_earlier_inspections_do_not_change_what_copies_count(tmp_path: Path, sizes: str) -> None:
    """Only images that may be copies are inspected together with the first of them; other copies are ranked by file."""
    pictures = [*copied(("o", "p")), *fakes("Z", "o", 1500)]
    with world(tmp_path / "all.duckdb", pictures) as store:
        store.execute(sizes)
        expected = selected(store)
    unseen = [replace(one, inspected=None) for one in pictures]
    with world(tmp_path / "none.duckdb", unseen) as store:
        store.execute(sizes)
        assert selected(store, inspect=inspector(pictures)) == expected
        assert store.count("inspection") < len(pictures) - 500


def test_stratum_of_copies_alone_is_filled(tmp_path: Path) -> None:
    """All images of the origin p are copies of images of o, whose cap leaves no other choice."""
    made = [Picture(f"{origin}/{n}", origin, "A", content=f"picture {n}") for origin in "op" for n in range(12)]
    caps = "[caps.o]\nA = 4\n"
    with world(tmp_path / "m.duckdb", made) as store:
        found = selected(store, f"seed = 1\nper_generator = 8\nspares = 0\n{ALONE}{caps}")
        with pytest.raises(RecipeError, match="too few images: A: "):
            selected(store, f"seed = 1\nper_generator = 13\nspares = 0\n{ALONE}{caps}")
    assert Counter(name[0] for name, _ in found) == {"o": 4, "p": 4}
    assert len({content for _, content in found}) == 8


def test_copies_of_real_images_are_not_favoured(tmp_path: Path) -> None:
    """Also if a fake has a pair without a name."""
    reals = [
        Picture(f"coco/{copy}-{n}", "coco", content=f"x-{n}") for n in range(400) for copy in range(6 if n < 100 else 1)
    ]
    with world(tmp_path / "m.duckdb", [*fakes("A", "o", 100), *reals]) as store:
        store.execute("update attributes set paired_real_images = [null] where label = 1")
        found = selected(store, "seed = 1\nper_generator = 100\nspares = 0\n")
    contents = [int(content.split("-")[1]) for _, content in found if content.startswith("x-")]
    assert len(set(contents)) == 100
    assert 10 <= sum(n < 100 for n in contents) <= 40


def test_one_picture_alone_fills_one_place(tmp_path: Path) -> None:
    made = [Picture(f"o/A/{n}", "o", "A", content="x-0") for n in range(9)]
    with world(tmp_path / "m.duckdb", [*made, *photographs("coco", 3)]) as store:
        assert selected(store, "seed = 1\nper_generator = 1\nspares = 0\n" + ALONE) == [("o/A/0", "x-0")]
        with pytest.raises(RecipeError, match="too few images: A: "):
            selected(store, "seed = 1\nper_generator = 2\nspares = 0\n" + ALONE)


def test_copies_of_matched_real_images_are_not_favoured(tmp_path: Path) -> None:
    """Half of the pictures are in four copies, and all have one size."""
    reals = [
        Picture(f"coco/{copy}-{n}", "coco", content=f"x-{n}") for n in range(80) for copy in range(4 if n < 40 else 1)
    ]
    with world(tmp_path / "m.duckdb", [*fakes("A", "o", 40), *reals]) as store:
        found = selected(store, 'seed = 1\nper_generator = 40\nspares = 0\n[match]\non = ["width"]\n')
    contents = [int(content.split("-")[1]) for _, content in found if content.startswith("x-")]
    assert len(set(contents)) == len(contents) == 40
    assert 10 <= sum(n < 40 for n in contents) <= 30


def test_the_first_of_an_independent_ranking_are_selected(tmp_path: Path) -> None:
    """80 generators of one to seven files, of which some are copies, some unusable, and some not inspected."""
    chance = random.Random(8)
    made = [
        Picture(
            f"o/G{generator}/{n}", "o", f"G{generator}", content=f"{generator}-{chance.randint(0, 3)}",
            inspected=chance.choice(["ok", "ok", "ok", "truncated", None]),
        )
        for generator in range(80) for n in range(chance.randint(1, 7))
    ]  # fmt: skip
    text = f'seed = 5\nper_generator = 2\nwhen_short = "drop"\nspares = 0\n{ALONE}'
    with world(tmp_path / "m.duckdb", made) as store:
        found = {name for name, _ in selected(store, text)}
    expected = set()
    for generator in range(80):
        files = [one for one in made if one.generator == f"G{generator}" and one.inspected != "truncated"]
        first: dict[str, str] = {}
        for one in files:  # what was not inspected has no known copies
            key = one.content if one.inspected else one.file_id
            first[key] = min(first.get(key, one.file_id), one.file_id)
        order = sorted(first.values(), key=lambda name: hashlib.md5(f"5{name}".encode()).hexdigest())
        expected |= set(order[:2]) if len(order) > 1 else set()
    assert found == expected
    assert len(found) > 60


@pytest.mark.slow
def test_images_of_one_size_need_little_memory(tmp_path: Path) -> None:
    with open_for_writing(tmp_path / "m.duckdb") as store:
        store.execute("set variable rows = 300_000; set threads = 2; set memory_limit = '200MB'")
        bench_scale.make(store, tmp_path)
        assert "chosen" in bench_scale.select(store, tmp_path)
