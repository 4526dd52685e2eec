"""Invariants of selection, checked on manifests that hypothesis generates."""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import combinations
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from indexer.images import INSPECTION_SCHEMA
from indexer.manifest.store import Store
from indexer.selection import recipe as recipes
from indexer.selection.by_recipe import select
from indexer.selection.recipe import Recipe
from tests.support.worlds import Picture, inspection_rows, world

GENERATORS, ORIGINS, PLACES = ("A", "B", "C"), ("o1", "o2", "o3"), ("coco", "laion")
# Every example is a manifest on disk and forty SELECTs or more, so there are few of them and failures are not shrunk.
SLOW = settings(max_examples=6, phases=(Phase.explicit, Phase.generate))


@dataclass(frozen=True)
class Case:
    pictures: tuple[Picture, ...]
    text: str

    @property
    def recipe(self) -> Recipe:
        return recipes.parse(self.text)

    @property
    def by_id(self) -> dict[str, Picture]:
        return {picture.file_id: picture for picture in self.pictures}


Row = tuple[str, str, int, str, str]  # file_id, split, position, role, stratum


# Hypothesis draws a seed, not the pictures: hundreds of them are too much for it to draw and to print.
SEEDS = st.integers(0, 2**32)


def made_up(seed: int, *, equals: bool = True, groups: bool = True) -> Case:
    """A few hundred images with equals, broken ones and shared photographs, and a recipe that they can meet."""
    chance = random.Random(seed)
    pictures = [
        Picture(f"{place}/{n}", place, content=_content(chance, equals), phash=_phash(chance, equals))
        for place in PLACES
        for n in range(chance.randint(100, 140))
    ]
    photographs = [picture.file_id for picture in pictures]
    for generator in GENERATORS:
        for origin in ORIGINS:
            for n in range(chance.randint(0, 60)):
                paired = (chance.choice(photographs[:90]),) if groups and chance.random() < 0.3 else ()
                pictures.append(
                    Picture(
                        f"{origin}/{generator}/{n}",
                        origin,
                        generator,
                        paired,
                        content=_content(chance, equals),
                        phash=_phash(chance, equals),
                        inspected=chance.choice(["ok"] * 9 + ["truncated"]),
                        side=chance.choice([256] * 9 + [64]),
                        status=chance.choice(["ok"] * 19 + ["unreadable"]),
                    )
                )
    text = f"""
        seed = {chance.randint(0, 99)}
        per_generator = {chance.randint(1, 20)}
        when_short = "drop"
        [split]
        train = 0.8
        validation = 0.2
        [caps.o1]
        A = {chance.randint(0, 9)}
        [images]
        min_side = 200
        [duplicates]
        radius = {chance.choice([-1, 0, 2, 4])}
        [photographs]
        per_fake = {chance.choice([0.0, 0.5, 1.0])}
    """
    return Case(tuple(pictures), text)


def _content(chance: random.Random, equals: bool) -> str | None:
    return f"copy {chance.randint(0, 9)}" if equals and chance.random() < 0.1 else None


def _phash(chance: random.Random, equals: bool) -> int:
    """One in six is at most four bits from one of a few pictures."""
    if equals and chance.random() < 0.16:
        base = random.Random(chance.randint(0, 5)).getrandbits(64)
        return base ^ sum({1 << chance.randrange(64) for _ in range(chance.randint(0, 4))})
    return chance.getrandbits(64)


@contextmanager
def opened(case: Case, *, threads: int = 2) -> Iterator[Store]:
    with TemporaryDirectory() as folder, world(Path(folder) / "m.duckdb", case.pictures) as store:
        store.execute(f"set threads = {threads}")
        yield store


def rows_of(store: Store, name: str = "x") -> list[Row]:
    return store.execute(
        "select file_id, split, position, role, stratum from selection where name = $name order by all", {"name": name}
    )


def chosen(case: Case) -> list[Row]:
    with opened(case) as store:
        select(store, case.recipe, "x")
        return rows_of(store)


@pytest.mark.slow
@given(SEEDS)
@SLOW
def test_row_order_and_threads_have_no_effect(seed: int) -> None:
    case = made_up(seed)
    shuffled = random.Random(seed).sample(case.pictures, len(case.pictures))
    with opened(replace(case, pictures=tuple(shuffled)), threads=1) as store:
        select(store, case.recipe, "x")
        assert rows_of(store) == chosen(case)


@pytest.mark.slow
@given(SEEDS, st.integers(0, 200))
@SLOW
def test_earlier_inspections_and_interruptions_have_no_effect(seed: int, patience: int) -> None:
    case = made_up(seed)
    unseen = tuple(replace(picture, inspected=None) for picture in case.pictures)
    truth = {row["member_id"]: row for row in inspection_rows(case.pictures)}
    left = [patience]

    def inspect(store: Store) -> int:
        members = [member for member, _ in sorted(store.rows("select/inspection/to_inspect"), key=itemgetter(1))]
        seen = members[: left[0]] if left[0] < len(members) else members
        store.insert("inspection", _table([truth[member] for member in seen]))
        if len(seen) < len(members):
            left[0] = 10**9
            raise KeyboardInterrupt
        return len(seen)

    with opened(Case(unseen, case.text)) as store:
        for _ in range(2):
            try:
                select(store, case.recipe, "x", inspect)
                break
            except KeyboardInterrupt:
                continue
        assert rows_of(store) == chosen(case)


def _table(rows: list[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=INSPECTION_SCHEMA)


@pytest.mark.slow
@given(SEEDS)
@SLOW
def test_selection_follows_every_rule(seed: int) -> None:
    case = made_up(seed)
    with opened(case) as store:
        result = select(store, case.recipe, "x")
        rows = rows_of(store)
        excluded = store.execute("select file_id, reason from selection_excluded")
    pictures, recipe = case.by_id, case.recipe
    taken = [(pictures[file_id], split, role) for file_id, split, _, role, _ in rows]
    _quotas_are_exact(taken, recipe, result.dropped)
    _nothing_unfit_is_chosen([picture for picture, *_ in taken], recipe)
    _no_group_stands_on_two_sides(taken)
    _positions_count_on(rows)
    assert Counter(file_id for file_id, _ in excluded) + Counter(row[0] for row in rows) == Counter(list(pictures))
    assert all(reason for _, reason in excluded)
    if not result.uneven:
        for generator in {picture.generator for picture, _, role in taken if role == "sampled"}:
            trained = sum(p.generator == generator and s == "train" and r == "sampled" for p, s, r in taken)
            assert abs(trained - 0.8 * recipe.per_generator) <= 1.5


def _quotas_are_exact(taken: list[tuple[Picture, str, str]], recipe: Recipe, dropped: tuple[str, ...]) -> None:
    fakes = Counter(picture.generator for picture, _, role in taken if role == "sampled")
    assert set(fakes.values()) <= {recipe.per_generator}
    assert not set(fakes) & set(dropped)
    assert sum(p.generator == "A" and p.origin == "o1" for p, *_ in taken) <= recipe.caps["o1"]["A"]
    for side in ("train", "validation"):
        here = Counter(role for _, split, role in taken if split == side)
        reals = math.floor(here["sampled"] * recipe.photographs_per_fake + 0.5)
        assert here["paired"] + here["complement"] == reals


def _nothing_unfit_is_chosen(pictures: list[Picture], recipe: Recipe) -> None:
    assert all(p.inspected == "ok" and p.status == "ok" and p.side >= 200 for p in pictures)
    pictures_by_id = {picture.file_id: picture for picture in pictures}
    contents = Counter(picture.content for picture in pictures if picture.content)
    assert not contents or max(contents.values()) == 1
    near = [
        (a.file_id, b.file_id)
        for a, b in combinations(pictures, 2)
        if bool(a.generator) == bool(b.generator) and (a.phash ^ b.phash).bit_count() <= recipe.radius
    ]
    assert all(pictures_by_id[a].paired == pictures_by_id[b].paired != () for a, b in near)


def _no_group_stands_on_two_sides(taken: list[tuple[Picture, str, str]]) -> None:
    sides = defaultdict(set)
    for picture, split, _ in taken:
        for photograph in picture.paired or ([] if picture.generator else [picture.file_id]):
            sides[photograph].add(split)
    assert all(len(found) == 1 for found in sides.values())


def _positions_count_on(rows: list[Row]) -> None:
    for side in {row[1] for row in rows}:
        here = sorted((position, role) for _, split, position, role, _ in rows if split == side)
        assert [position for position, _ in here] == list(range(len(here)))
        roles = [role == "spare" for _, role in here]
        assert roles == sorted(roles)


@pytest.mark.slow
@given(SEEDS, st.integers(1, 10))
@settings(SLOW, max_examples=3)
def test_larger_quota_keeps_the_smaller_selection(seed: int, more: int) -> None:
    case = made_up(seed, equals=False, groups=False)
    small = case.recipe.per_generator
    larger = replace(case, text=case.text.replace(f"per_generator = {small}", f"per_generator = {small + more}"))
    few, many = _fakes(case), _fakes(larger)
    reached = {generator for _, generator in many}
    assert {row for row in few if row[1] in reached} <= many


def _fakes(case: Case) -> set[tuple[str, str]]:
    return {(file_id, stratum) for file_id, _, _, role, stratum in chosen(case) if role == "sampled"}
