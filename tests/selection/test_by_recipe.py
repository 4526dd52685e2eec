"""Selection by recipe: one test per rule."""

import math
import random
from collections import Counter
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pyarrow as pa
import pytest

from indexer.base.errors import RecipeError
from indexer.manifest.store import Store
from indexer.selection import near_looks, recipe
from indexer.selection.by_recipe import select
from indexer.selection.models import Selected
from indexer.selection.near_looks import add_near
from indexer.selection.working_tables import put, working_tables
from tests.support.worlds import Picture, fakes, photographs, world

NO_PHOTOGRAPHS = "[photographs]\nper_fake = 0\n"
HALVES = "[split]\ntrain = 0.5\nvalidation = 0.5\n"


def chosen(store: Store, text: str) -> Selected:
    """What the recipe ``text`` selects, as 'x'."""
    return select(store, recipe.parse("seed = 1\n" + text), "x")


def counted(store: Store, *columns: str) -> Counter[tuple[str, ...]]:
    """Selected images by columns of selection and manifest, spares apart."""
    names = ", ".join(columns)
    query = f"select {names}, count(*) from selection join manifest using (file_id) where role <> 'spare' group by all"
    return Counter({tuple(row[:-1]): row[-1] for row in store.execute(query)})


def test_quotas_are_allocated_evenly_within_supplies_and_caps(tmp_path: Path) -> None:
    pictures = [*fakes("A", "small", 7), *fakes("A", "capped", 90), *fakes("A", "large", 90), *fakes("A", "other", 90)]
    with world(tmp_path / "m.duckdb", pictures) as store:
        chosen(store, "per_generator = 100\n[caps.capped]\nA = 20\n" + NO_PHOTOGRAPHS)
        shares = counted(store, "origin")
    assert (shares["small",], shares["capped",]) == (7, 20)
    assert sorted([shares["large",], shares["other",]]) == [36, 37]


def test_shortage_is_an_error_with_the_supply_of_each_origin(tmp_path: Path) -> None:
    broken = [replace(one, inspected="truncated") for one in fakes("A", "b", 9)]
    with world(tmp_path / "m.duckdb", [*fakes("A", "a", 5), *broken, *fakes("B", "a", 50)]) as store:
        with pytest.raises(RecipeError) as caught:
            chosen(store, "per_generator = 10\n" + NO_PHOTOGRAPHS)
        result = chosen(store, 'per_generator = 10\nwhen_short = "drop"\n' + NO_PHOTOGRAPHS)
    assert "A: 5 of 10 (a 5, b 0)" in str(caught.value)
    assert result.dropped == ("A",)
    dropped = "its generator was dropped: it cannot reach its number"
    assert {reason: images for _, reason, images in result.excluded}[dropped] == 14


def test_too_few_real_images_are_an_error(tmp_path: Path) -> None:
    with (
        world(tmp_path / "m.duckdb", [*fakes("A", "a", 50), *photographs("coco", 5)]) as store,
        pytest.raises(RecipeError, match=r"real images: 5 of 20 \(coco 5\)"),
    ):
        chosen(store, "per_generator = 20\nspares = 0\n")


def test_sections_join_and_divide_origins(tmp_path: Path) -> None:
    pictures = [*fakes("A", "g/train", 60), *fakes("A", "g/val", 60), *fakes("A", "d", 60)]
    sections = '[sections.g]\norigins = ["g/train", "g/val"]\n[sections.even]\norigins = ["d"]\nfile_id = "[02468]$"\n'
    with world(tmp_path / "m.duckdb", pictures) as store:
        chosen(store, f"per_generator = 30\ncap = 0\n[caps.g]\nA = 20\n[caps.even]\nA = 10\n{sections}{NO_PHOTOGRAPHS}")
        found = [row[0] for row in store.execute("select file_id from selection where role <> 'spare'")]
    assert sum(file_id.startswith("g/") for file_id in found) == 20
    assert all(int(file_id[-1]) % 2 == 0 for file_id in found if file_id.startswith("d/"))


def test_first_duplicate_by_rule_is_kept(tmp_path: Path) -> None:
    pictures = [
        Picture("late/A/1", "late", "A", content="one"),
        Picture("early/A/1", "early", "A", content="one"),
        Picture("coco/1", "coco", content="one"),
        Picture("early/A/2", "early", "A", phash=0b1111),
        Picture("late/A/2", "late", "A", phash=0b0000),
        *photographs("coco2", 5),
    ]
    with world(tmp_path / "m.duckdb", pictures) as store:
        keep = '[duplicates]\non_conflict = "keep_first"\n'  # coco/1 contradicts the fakes
        chosen(store, 'per_generator = 2\norigins = ["late", "early"]\nspares = 0\n' + keep)
        found = {row[0] for row in store.execute("select file_id from selection")}
        reasons = dict(store.execute("select file_id, reason from selection_excluded where step = 'deduplicate'"))
    assert {"late/A/1", "late/A/2"} <= found
    assert reasons["early/A/1"] == "same bytes as late/A/1"
    assert reasons["early/A/2"] == "near duplicate of late/A/2"
    assert "coco/1" not in found


def test_duplicates_in_sections_are_ordered_by_origin(tmp_path: Path) -> None:
    pictures = [Picture("v/1", "g/val", "A", content="one"), Picture("t/1", "g/train", "A", content="one")]
    with world(tmp_path / "m.duckdb", pictures) as store:
        for origin, kept in (("g/val", "v/1"), ("g/train", "t/1")):
            text = (
                f'per_generator = 1\norigins = ["{origin}"]\nspares = 0\n[sections.g]\norigins = ["g/train", "g/val"]\n'
            )
            chosen(store, text + NO_PHOTOGRAPHS)
            assert store.execute("select file_id from selection") == [(kept,)]


def test_images_near_a_dropped_one_share_a_split(tmp_path: Path) -> None:
    """``b`` is near to ``a`` and to ``c``, which are not near to each other: both stay, and are of one cluster."""
    bases = [(n * 0x9E3779B97F4A7C15) % 2**64 for n in range(20)]
    flips = {"a": 0, "b": 0b111, "c": 0b111111}
    fakes_ = [Picture(f"o/{n}{x}", "late" if x == "b" else "early", "A", phash=bases[n] ^ flips[x])
              for n in range(10) for x in flips]  # fmt: skip
    pairs = [Picture(f"o/{n}{x}", "o", "B", paired=(f"coco/{n}{x}",)) for n in range(10, 20) for x in flips]
    coco = [Picture(f"coco/{n}{x}", "z" if x == "b" else "coco", phash=bases[n] ^ flips[x])
            for n in range(10, 20) for x in flips]  # fmt: skip
    quotas = "[quotas]\nA = 20\nB = 30\n[photographs]\nper_fake = 0.4\n"
    with world(tmp_path / "m.duckdb", [*fakes_, *pairs, *coco]) as store:
        chosen(store, 'spares = 0\norigins = ["early", "coco"]\n' + quotas + HALVES)
        sides: dict[str, set[str]] = {}
        for file_id, split in store.execute("select file_id, split from selection"):
            sides.setdefault(file_id.split("/")[1][:-1], set()).add(split)
    assert len(sides) == 20
    assert {len(found) for found in sides.values()} == {1}


def test_zero_quota_is_the_reason_for_exclusion(tmp_path: Path) -> None:
    with world(tmp_path / "m.duckdb", [*fakes("A", "o", 5), *fakes("B", "o", 5)]) as store:
        result = chosen(store, "per_generator = 2\nspares = 0\n[quotas]\nB = 0\n" + NO_PHOTOGRAPHS)
    assert ("rank", "the recipe takes none of its generator", 5) in result.excluded


def test_paired_real_images_follow_their_fakes_and_the_complement_is_balanced(tmp_path: Path) -> None:
    paired = [Picture(f"o/A/{n}", "o", "A", paired=(f"coco/{n % 7}",)) for n in range(40)]
    pictures = [*paired, *photographs("coco", 60), *photographs("raise", 60)]
    with world(tmp_path / "m.duckdb", pictures) as store:
        result = chosen(store, "per_generator = 40\nspares = 0\n" + HALVES)
        sides = counted(store, "split", "label")
        complement = counted(store, "role", "origin")
        torn = store.execute(
            "select p.file_id from selection f join manifest m using (file_id), selection p"
            " where list_contains(m.paired_real_images, p.file_id) and p.split <> f.split"
        )
    assert not torn
    assert sides["train", 0] == sides["train", 1]
    assert sides["validation", 0] == sides["validation", 1]
    assert abs(sides["train", 1] - 20) <= 1 or result.uneven
    assert complement["paired", "coco"] == 7
    assert abs(7 + complement["complement", "coco"] - complement["complement", "raise"]) <= 1


def test_uneven_split_of_groups_is_reported(tmp_path: Path) -> None:
    pictures = [Picture(f"o/A/{n}", "o", "A", paired=(f"coco/{n // 13}",)) for n in range(20)]
    with world(tmp_path / "m.duckdb", pictures) as store:
        result = chosen(store, "per_generator = 20\n[split]\ntrain = 0.8\nvalidation = 0.2\n" + NO_PHOTOGRAPHS)
    assert [(part.stratum, part.split, part.images, part.target) for part in result.uneven] == [
        ("A", "train", 13, 16), ("A", "validation", 7, 4),
    ]  # fmt: skip


def test_three_splits_and_a_manifest_without_fakes(tmp_path: Path) -> None:
    thirds = "per_generator = 50\n[split]\ntrain = 0.6\nvalidation = 0.2\ntest = 0.2\n" + NO_PHOTOGRAPHS
    with world(tmp_path / "m.duckdb", fakes("A", "o", 70)) as store:
        chosen(store, thirds)
        assert counted(store, "split") == {("train",): 30, ("validation",): 10, ("test",): 10}
    with (
        world(tmp_path / "empty.duckdb", photographs("coco", 3)) as store,
        pytest.raises(RecipeError, match="no image was selected"),
    ):
        chosen(store, thirds)


@pytest.mark.parametrize("radius", [0, 1, 4, 8])
@pytest.mark.parametrize("at_once", [0, 1000])
def test_all_near_hashes_are_found(tmp_path: Path, radius: int, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_looks, "_VALUES_AT_ONCE", at_once)
    chance = random.Random(radius)
    bases = [chance.getrandbits(64) for _ in range(40)]
    flips = [sum({1 << chance.randrange(64) for _ in range(chance.randint(0, 12))}) for _ in range(300)]
    hashes = sorted({chance.choice(bases) ^ flip for flip in flips})
    expected = {pair for pair in combinations(hashes, 2) if (pair[0] ^ pair[1]).bit_count() <= radius}
    old, new = hashes[::3], [one for n, one in enumerate(hashes) if n % 3]
    with world(tmp_path / "m.duckdb", []) as store, working_tables(store):
        put(store, "phash", [(f"{one:016x}", True) for one in old])
        add_near(store, radius)
        store.save_query("work.look", f"select look(unnest({new}::ubigint[]), null) as phash")
        store.save("work.phash", "select/duplicates/phashes")
        add_near(store, radius)
        found = [(int(one, 16), int(other, 16)) for one, other in store.execute("select one, other from work.near")]
    assert len(found) == len(set(found))
    assert set(found) == expected


@pytest.mark.parametrize("radius", [0, 1, 4])
def test_finer_hashes_confirm_each_pair_once(tmp_path: Path, radius: int) -> None:
    """Three hashes of 64 bits have many finer ones, near each other, and none."""
    chance = random.Random(radius)
    looks = {(bits, None) for bits in (0, 1, 0xFF00)}
    looks |= {
        (chance.choice([0, 1, 0xFF00]), sum({1 << chance.randrange(256) for _ in range(n % 40)})) for n in range(90)
    }
    texts = {f"{bits:016x}" + ("" if finer is None else f"{finer:064x}"): (bits, finer) for bits, finer in looks}
    old = set(sorted(texts)[::3])
    expected = {
        (a, b)
        for a, b in combinations(sorted(texts), 2)
        if (texts[a][0] ^ texts[b][0]).bit_count() <= radius
        and (None in (texts[a][1], texts[b][1]) or ((texts[a][1] or 0) ^ (texts[b][1] or 0)).bit_count() <= 8 * radius)
        and not {a, b} <= old
    }
    with world(tmp_path / "m.duckdb", []) as store, working_tables(store):
        put(store, "phash", [(text, text not in old) for text in texts])
        add_near(store, radius)
        found = store.execute("select one, other from work.near")
    assert len(found) == len(set(found)) > 0
    assert set(found) == expected


def test_each_image_is_excluded_once(tmp_path: Path) -> None:
    """Paired photographs are enough here, so that nothing is looked at for a complement."""
    pictures = [Picture(f"o/A/{n}", "o", "A", paired=(f"coco/{n}",)) for n in range(20)]
    broken = [Picture(f"o/A/9{n}", "o", "A", inspected="truncated") for n in range(9)]
    pairs = [replace(one, side=10 if one.file_id == "coco/0" else 256) for one in photographs("coco", 20)]
    with world(tmp_path / "m.duckdb", [*pictures, *broken, *pairs]) as store:
        chosen(store, "per_generator = 19\nspares = 0\n[images]\nmin_side = 20\n[photographs]\nper_fake = 0.5\n")
        rows = store.execute("select file_id from selection union all select file_id from selection_excluded")
    assert Counter(row[0] for row in rows) == Counter(one.file_id for one in [*pictures, *broken, *pairs])


def test_selection_without_inspection(tmp_path: Path) -> None:
    unseen = [replace(one, inspected=None) for one in fakes("A", "o", 30)]
    with world(tmp_path / "m.duckdb", unseen) as store:
        assert chosen(store, "per_generator = 10\nspares = 0.1\n" + NO_PHOTOGRAPHS).counts == (
            ("train", "sampled", 10), ("train", "spare", 1),
        )  # fmt: skip
        assert isinstance(store.arrow("select/result/counts", {"name": "x"}), pa.Table)


@pytest.mark.slow
def test_many_copies_take_few_rounds(tmp_path: Path) -> None:
    chance, rounds = random.Random(3), []
    originals = [chance.getrandbits(64) for _ in range(40)]
    copies = [Picture(f"o/A/{n}", "o", "A", phash=chance.choice(originals) ^ 1 << n % 64) for n in range(2_000)]
    text = 'per_generator = 41\nwhen_short = "drop"\n[duplicates]\nradius = 2\n' + NO_PHOTOGRAPHS

    def inspect(store: Store) -> int:
        rounds.append(store.count("work.pool"))
        return 0

    with world(tmp_path / "m.duckdb", copies) as store, pytest.raises(RecipeError, match="no image was selected"):
        select(store, recipe.parse("seed = 1\n" + text), "x", inspect)
    assert max(rounds) == len(copies)
    assert len(rounds) <= 2 * math.log2(len(copies))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('["A"]\n' + NO_PHOTOGRAPHS, "A: 5 of 20 (a 5, b 0 and 4 not inspected)"),
        (f'["B"]\n{NO_PHOTOGRAPHS}[caps.a]\nB = 8\n', "B: 8 of 20 (a 8, its cap)"),
        ('["C"]\n', "real images: 6 of 20 (6 paired, raise 0 and 3 not inspected)"),
        ('["C"]\n[photographs]\norigins = ["coco"]\n', "real images: 6 of 20 (6 paired, no origin has any)"),
        ('["D"]\n' + NO_PHOTOGRAPHS, "D: 2 of 20 (a 2)"),
    ],
)
def test_shortage_counts_what_was_inspected(tmp_path: Path, text: str, message: str) -> None:
    """Images that were not inspected are named apart; paired real images count."""
    made = [*fakes("A", "a", 5), *fakes("A", "b", 4, inspected=None), *fakes("B", "a", 30)]
    copies = [Picture(f"a/D/{n}", "a", "D", content=f"D{n % 2}") for n in range(30)]
    paired = [replace(one, paired=(f"coco/{n % 6}",)) for n, one in enumerate(fakes("C", "a", 20))]
    reals = [*photographs("coco", 6), *photographs("raise", 3, inspected=None)]
    with (
        world(tmp_path / "m.duckdb", [*made, *copies, *paired, *reals]) as store,
        pytest.raises(RecipeError) as caught,
    ):
        select(store, recipe.parse(f"seed = 1\nper_generator = 20\nspares = 0\ngenerators = {text}"), "x", lambda _: 0)
    assert f"too few images: {message}: lower" in str(caught.value)
