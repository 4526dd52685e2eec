"""Random manifests with unusual names, groups, duplicates and broken images: the rules of selection hold for them."""

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from indexer.base.errors import RecipeError
from indexer.selection import recipe as recipes
from indexer.selection.by_recipe import select
from tests.support.worlds import Picture, fakes, photographs, world

GENERATORS = ("Ä/ж", "B'", 'C "x"', "名前", "E;--")
ORIGINS = ("o1", "o2/é", "o3|")
SPLITS = (
    {"train": 0.8, "validation": 0.2},
    {"only": 1.0},
    {"a": 0.34, "b": 0.33, "c": 0.33},
    {"t": 0.5, "v": 0.5, "empty": 0.0},
)
TIES = ("none", "one photograph for all", "two of forty photographs", "photographs that are nowhere")


@dataclass
class World:
    """Pictures out of one seed. ``equal``: how many of them equal others, or nearly."""

    chance: random.Random
    ties: str
    equal: float
    pictures: list[Picture] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bases = [self.chance.getrandbits(64) for _ in range(4)]
        for place in ("coco é", "laion"):
            self.pictures += [self.picture(f"{place}/{n}", place, "") for n in range(self.chance.randint(60, 140))]
        for generator in GENERATORS:
            for origin in ORIGINS:
                for n in range(self.chance.choice([0, 5, 30, 60])):
                    self.pictures.append(self.picture(f"{origin}/{generator}/{n}", origin, generator))

    def picture(self, file_id: str, origin: str, generator: str) -> Picture:
        chance = self.chance
        equals = chance.random() < self.equal
        return Picture(
            file_id,
            origin,
            generator,
            self.photographs() if generator else (),
            content=f"copy {chance.randint(0, 6)}" if equals and chance.random() < 0.5 else None,
            phash=self.near() if equals else chance.choice([None, *[chance.getrandbits(64)] * 40]),
            inspected=chance.choice(["ok"] * 12 + ["truncated"]),
            side=chance.choice([256] * 12 + [64]),
            status=chance.choice(["ok"] * 20 + ["unreadable"]),
        )

    def near(self) -> int:
        return self.chance.choice(self.bases) ^ sum({1 << self.chance.randrange(64) for _ in range(3)})

    def photographs(self) -> tuple[str, ...]:
        chance = self.chance
        if self.ties == TIES[1]:
            return ("laion/0",) if chance.random() < 0.7 else ()
        if self.ties == TIES[2]:
            return tuple(f"laion/{n}" for n in chance.sample(range(40), chance.randint(0, 2)))
        return (f"gone/{chance.randint(0, 4)}",) if self.ties == TIES[3] and chance.random() < 0.5 else ()


def recipe_of(chance: random.Random) -> str:
    """A recipe of odd numbers."""
    parts = "\n".join(f"{name} = {part}" for name, part in chance.choice(SPLITS).items())
    sections = ("", '[sections."o1 odd"]\norigins = ["o1"]\nfile_id = "[13579]$"\n',
                '[sections.S]\norigins = ["o1", "o2/é"]\n[caps.S]\n"B\'" = 3\n')  # fmt: skip
    return f"""
        seed = "{chance.choice(["7", "é x", "1234"])}"
        per_generator = {chance.choice([1, 1, 2, 5, 10, 20])}
        when_short = "drop"
        spares = {chance.choice([0.0, 0.02, 0.2, 1.0])}
        origins = {chance.choice(["[]", '["o3|", "laion"]', '["o2/é"]'])}
        [split]
        {parts}
        [quotas]
        "E;--" = {chance.choice([0, 1, 7])}
        [caps.o1]
        "Ä/ж" = {chance.choice([0, 1, 4, 100])}
        [images]
        min_side = 200
        [duplicates]
        exact = {chance.choice(["true", "false"])}
        radius = {chance.choice([-1, 0, 2, 4])}
        [photographs]
        per_fake = {chance.choice([0.0, 0.5, 1.0, 2.0])}
        {chance.choice(sections)}
    """


Rows = list[tuple[str, ...]]


def outcome(pictures: list[Picture], text: str, threads: int) -> tuple[Rows, Rows]:
    """Rows of the selection, and of what was left out; of a shortage its message."""
    with TemporaryDirectory() as folder, world(Path(folder) / "m.duckdb", pictures) as store:
        store.execute(f"set threads = {threads}")
        try:
            select(store, recipes.parse(text), "x")
        except RecipeError as error:
            return [(str(error),)], []
        chosen = store.execute("select file_id, split, role, stratum, position from selection order by all")
        return chosen, store.execute("select file_id, step, reason from selection_excluded order by all")


@pytest.mark.slow
@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
def test_rules_hold_and_order_has_no_effect(ties: str, seed: int) -> None:
    chance = random.Random(f"{ties}{seed}")
    pictures, text = World(chance, ties, chance.choice([0.0, 0.1, 0.4])).pictures, recipe_of(chance)
    rows, excluded = outcome(pictures, text, threads=2)
    assert outcome(chance.sample(pictures, len(pictures)), text, threads=4) == (rows, excluded)
    if not excluded:
        assert "real images: " in rows[0][0]
        return
    by_id, recipe = {picture.file_id: picture for picture in pictures}, recipes.parse(text)
    seen = Counter(row[0] for row in rows) + Counter(row[0] for row in excluded)
    assert seen == Counter(by_id.keys())
    assert all(step and reason for _, step, reason in excluded)
    quotas = dict.fromkeys(GENERATORS, recipe.per_generator) | dict(recipe.quotas)
    sampled = Counter(stratum for _, _, role, stratum, _ in rows if role == "sampled")
    assert all(images == quotas[generator] for generator, images in sampled.items())
    sides = sides_of_groups(rows, excluded, by_id)
    assert all(len(found) == 1 for found in sides.values())


def sides_of_groups(rows: Rows, excluded: Rows, by_id: dict[str, Picture]) -> dict[str, set[str]]:
    """Return the splits of each group that is connected by real images or by dropped duplicates."""
    leader: dict[str, str] = {}

    def lead(one: str) -> str:
        while leader.setdefault(one, one) != one:
            one = leader[one]
        return one

    for file_id, *_ in rows:
        for photograph in by_id[file_id].paired:
            leader[lead(file_id)] = lead(photograph)
    for file_id, step, reason in excluded:
        if step == "deduplicate" and reason.partition(" ")[0] in ("same", "near") and "under" not in reason:
            leader[lead(file_id)] = lead(reason.partition(" as " if reason.startswith("same") else " of ")[2])
    sides = defaultdict(set)
    for file_id, split, *_ in rows:
        sides[lead(file_id)].add(split)
    return sides


def alike(one: Picture) -> Picture:
    return Picture(one.file_id, one.origin, one.generator, content="the same", phash=5)


def broken(one: Picture) -> Picture:
    return Picture(one.file_id, one.origin, one.generator, inspected="undecodable")


@pytest.mark.slow
@pytest.mark.parametrize(("change", "left"), [(alike, 1), (broken, 0)])
def test_shortage_counts_images_left_after_duplicates_and_broken_ones(change: object, left: int) -> None:
    pictures = [change(one) for one in [*fakes("A", "o", 300), *photographs("coco", 300)]]  # type: ignore[operator]
    rows, _ = outcome(pictures, "seed = 1\nper_generator = 2\n", threads=2)
    assert rows[0][0].startswith(f"too few images: A: {left} of 2 (o {left}): lower quotas")
    [(message,)], _ = outcome(pictures, 'seed = 1\nper_generator = 2\nwhen_short = "drop"\n', threads=2)
    assert message.startswith("no image was selected")


def test_group_larger_than_a_split_is_balanced_by_others() -> None:
    tied = [Picture(f"o/A/{n}", "o", "A", paired=("coco/1",)) for n in range(30)]
    pictures = [*tied, *fakes("B", "o", 10), *photographs("coco", 60)]
    rows, _ = outcome(
        pictures, "seed = 1\nspares = 0\n[quotas]\nA = 30\nB = 10\n[split]\na = 0.5\nb = 0.5\n", threads=2
    )
    sides = Counter((stratum, split) for _, split, _, stratum, _ in rows)
    assert sorted((sides["A", "a"], sides["A", "b"])) == [0, 30]
    assert (sides["B", "a"], sides["B", "b"]) == (5, 5)
    assert (sides["photograph", "a"], sides["photograph", "b"]) == (sides["A", "a"] + 5, sides["A", "b"] + 5)
