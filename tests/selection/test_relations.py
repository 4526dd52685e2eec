"""Related images share a split, and images that belong together are not dropped as duplicates."""

from pathlib import Path

import pytest

from benchmarks.trust.relations import crossings, related_world
from indexer.base.errors import RecipeError
from indexer.manifest.store import Store
from indexer.selection import recipe
from indexer.selection.audit import AuditOptions, audit
from indexer.selection.by_recipe import select
from tests.support.worlds import Picture, fakes, photographs, world

HALVES = "[split]\na = 0.5\nb = 0.5\n"


def selected(store: Store, text: str) -> dict[str, str]:
    """Return the split of each image that a recipe selects, spares included."""
    select(store, recipe.parse(text), "x")
    return dict(store.execute("select file_id, split from selection"))


@pytest.mark.parametrize("seed", [1, 2, pytest.param(range(3, 20), marks=pytest.mark.slow)])
def test_no_related_images_are_in_different_splits(tmp_path: Path, seed: int | range) -> None:
    for one in [seed] if isinstance(seed, int) else seed:
        pictures, text = related_world(one)
        with world(tmp_path / f"{one}.duckdb", pictures) as store:
            found = selected(store, text)
        assert found
        assert crossings(pictures, found) == []


def hash_of(number: int) -> int:
    return number * 0x9E3779B97F4A7C15 % 2**64


def test_reconstructions_and_their_photographs_are_all_kept_in_one_split(tmp_path: Path) -> None:
    """A fake looks like its photograph, and like the fakes that other generators made of it."""
    reals = [Picture(f"coco/{n}", "coco", phash=hash_of(n)) for n in range(60)]
    made = [
        Picture(f"o/{generator}/{n}", "o", generator, (f"coco/{n}",), phash=hash_of(n) ^ flip)
        for generator, flip in (("A", 1), ("B", 6))
        for n in range(60)
    ]
    with world(tmp_path / "m.duckdb", [*reals, *made, *photographs("coco2", 120)]) as store:
        found = selected(store, f"seed = 1\nper_generator = 60\nspares = 0\n{HALVES}")
    assert {one.file_id for one in [*made, *reals]} <= set(found)
    for n in range(60):
        assert len({found[f"coco/{n}"], found[f"o/A/{n}"], found[f"o/B/{n}"]}) == 1


def test_undeclared_originals_are_kept_in_the_split_of_their_fakes(tmp_path: Path) -> None:
    reals = [Picture(f"coco/{n}", "coco", phash=hash_of(n)) for n in range(100)]
    made = [Picture(f"o/A/{n}", "o", "A", phash=hash_of(n) ^ 3) for n in range(100)]
    with world(tmp_path / "m.duckdb", [*reals, *made]) as store:
        found = selected(store, f"seed = 1\nper_generator = 100\nspares = 0\n{HALVES}")
        assert len(found) == 200
        assert all(found[f"coco/{n}"] == found[f"o/A/{n}"] for n in range(100))
        strict = "[duplicates]\nacross_labels = true\n"
        with pytest.raises(RecipeError, match="real images: 0 of 100"):
            selected(store, f"seed = 1\nper_generator = 100\nspares = 0\n{HALVES}{strict}")


def test_near_fakes_of_one_photograph_are_dropped_on_request(tmp_path: Path) -> None:
    made = [Picture(f"o/A/{n}", "o", "A", (f"coco/{n // 2}",), phash=hash_of(n // 2) ^ n % 2) for n in range(40)]
    text = "seed = 1\nper_generator = 20\nspares = 0\n[photographs]\nper_fake = 0\n"
    with world(tmp_path / "m.duckdb", made) as store:
        assert len(selected(store, text.replace("20", "40"))) == 40
        strict = f"{text}[duplicates]\nwithin_groups = true\n"
        assert len(selected(store, strict)) == 20
        reasons = store.execute("select reason from selection_excluded")
    assert any(reason.startswith("near duplicate of o/A/") for (reason,) in reasons)


def test_prompts_and_declared_groups_tie_but_names_of_classes_do_not(tmp_path: Path) -> None:
    made = [Picture(f"o/{g}/{n}", "o", g, prompt=f"caption {n}") for g in "AB" for n in range(40)]
    classes = [Picture(f"o/C/{n}", "o", "C", prompt="a photo of a cat") for n in range(40)]
    grouped = fakes("D", "o", 40)
    text = f"seed = 1\nper_generator = 40\nspares = 0\n{HALVES}[photographs]\nper_fake = 0\n"
    with world(tmp_path / "m.duckdb", [*made, *classes, *grouped]) as store:
        store.execute("update attributes set group_id = (member_id // 4)::varchar where generator = 'D'")
        groups = store.execute("select group_id, list(file_id) from attributes where generator = 'D' group by all")
        found = selected(store, text)
        loose = selected(store, f"{text}[groups]\nprompts = false\n")
    assert all(found[f"o/A/{n}"] == found[f"o/B/{n}"] for n in range(40))
    assert any(loose[f"o/A/{n}"] != loose[f"o/B/{n}"] for n in range(40))
    assert sum(found[f"o/C/{n}"] == "a" for n in range(40)) == 20
    assert all(len({found[file_id] for file_id in files}) == 1 for _, files in groups)


def test_near_hashes_are_confirmed_by_finer_ones(tmp_path: Path) -> None:
    """Ten pictures have one hash of 64 bits; the finer ones are 0, 4, 32, 36, 128 and 256 bits from the first."""
    finer = ["0" * 64] * 5 + ["0" * 63 + "f", "f" * 8 + "0" * 56, "f" * 9 + "0" * 55, "0" * 32 + "f" * 32, "f" * 64]
    made = [Picture(f"o/A/{n}", "o", "A", phash=77, phash_256=one) for n, one in enumerate(finer)]
    text = "seed = 1\nper_generator = 4\nspares = 0\n[photographs]\nper_fake = 0\n"
    with world(tmp_path / "m.duckdb", made) as store:
        found = selected(store, text)
        assert len(found.keys() & {f"o/A/{n}" for n in range(6)}) <= 1
        assert {"o/A/8", "o/A/9"} <= set(found)
        near = next(row for row in audit(store, None, AuditOptions(tree=False)).duplicates.to_pylist())
    assert (near["kind"], near["groups"]) == ("near duplicates", 4)


@pytest.mark.slow
def test_hashes_without_finer_ones_are_compared_at_radius_zero(tmp_path: Path) -> None:
    """Manifests of earlier versions have no 256-bit hashes. Here, one image of each two has none."""
    finer = [None if n % 2 else f"{n:064x}" for n in range(40)]
    real = [Picture(f"coco/{n}", "coco", phash=n // 2 << 32, phash_256=one) for n, one in enumerate(finer)]
    made = [Picture(f"o/A/{n}", "o", "A", paired=(f"coco/{n}",)) for n in range(40)]
    twins = [Picture(f"o/B/{n}", "o", "B", phash=n // 2 << 32 | 7, phash_256=one) for n, one in enumerate(finer)]
    radius = "[duplicates]\nradius = 0\n"
    with world(tmp_path / "m.duckdb", [*real, *made]) as store:
        found = selected(
            store, f"seed = 1\nper_generator = 40\nspares = 0\n{HALVES}[photographs]\nper_fake = 0\n{radius}"
        )
    assert all(found[f"o/A/{n}"] == found[f"o/A/{n + 1}"] for n in range(0, 40, 2))
    with world(tmp_path / "twins.duckdb", twins) as store:
        found = selected(store, f"seed = 1\nper_generator = 20\nspares = 0\n[photographs]\nper_fake = 0\n{radius}")
        duplicates = audit(store, None, AuditOptions(radius=0, tree=False)).duplicates.to_pylist()
    assert len({int(name.removeprefix("o/B/")) // 2 for name in found}) == 20
    assert {row["kind"]: row["groups"] for row in duplicates}["near duplicates"] == 20
