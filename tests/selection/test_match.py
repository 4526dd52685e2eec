"""Matching: real images get the traits of the fakes."""

import json
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.base.errors import RecipeError
from indexer.manifest.store import Store
from indexer.selection import recipe
from indexer.selection.by_recipe import select
from indexer.selection.models import Selected
from indexer.sharing.balance import balance_text
from indexer.sharing.models import ExportHeader
from indexer.sharing.readme import readme
from tests.support.worlds import Picture, fakes, photographs, world

HALVES = "[split]\ntrain = 0.5\nvalidation = 0.5\n"


def chosen(store: Store, text: str) -> Selected:
    return select(store, recipe.parse("seed = 1\nspares = 0.5\n" + text), "x")


def counted(store: Store, *columns: str) -> Counter[tuple[object, ...]]:
    names = ", ".join(("label", *columns))
    query = f"select {names}, count(*) from selection join manifest using (file_id) where role <> 'spare' group by all"
    return Counter({tuple(row[:-1]): row[-1] for row in store.execute(query)})


def halves_of(found: Counter[tuple[object, ...]], label: int) -> Counter[tuple[object, ...]]:
    return Counter({key[1:]: images for key, images in found.items() if key[0] == label})


def mixed() -> list[Picture]:
    return [
        *[replace(one, side=256 + 8 * (n % 5)) for n, one in enumerate(fakes("A", "o", 60, format="PNG"))],
        *[replace(one, jpeg_quality=90 + n % 3) for n, one in enumerate(fakes("B", "o", 60, format="JPEG"))],
        *[replace(one, side=200 + n % 100) for n, one in enumerate(photographs("p", 2_000, format="PNG"))],
        *[replace(one, jpeg_quality=85 + n % 10) for n, one in enumerate(photographs("q", 2_000, format="JPEG"))],
    ]


def test_joint_distribution_over_bins_is_equal_in_each_split(tmp_path: Path) -> None:
    with world(tmp_path / "m.duckdb", mixed()) as store:
        chosen(store, 'per_generator = 40\n[match]\non = ["format", "jpeg_quality", "width"]\n' + HALVES)
        found = counted(store, "split", "format", "jpeg_quality")
        roles = Counter(store.execute("select role from selection"))
        query = (
            "select label, list(width order by width) from selection join manifest using (file_id)"
            " where role <> 'spare' group by label"
        )
        sizes = dict(store.execute(query))
    assert halves_of(found, 1) == halves_of(found, 0)
    assert sum(found.values()) == 160
    assert roles.keys() == {("sampled",), ("complement",), ("spare",)}
    assert sizes[0] == sizes[1]  # the nearest within each bin, and there are enough of each size


@pytest.mark.slow
def test_rows_depend_on_neither_order_nor_threads(tmp_path: Path) -> None:
    text = 'per_generator = 40\n[match]\non = ["format", "jpeg_quality", "width"]\n' + HALVES
    results = []
    for number, pictures in enumerate((mixed(), mixed()[::-1])):
        with world(tmp_path / f"{number}.duckdb", pictures) as store:
            store.execute(f"set threads = {number * 3 + 1}")
            chosen(store, text)
            results.append(store.execute("select split, position, file_id, role from selection order by all"))
    assert results[0] == results[1]


@pytest.mark.slow
def test_fakes_without_counterpart_are_an_error_that_names_bins(tmp_path: Path) -> None:
    pictures = [*fakes("A", "o", 20, format="WEBP"), *fakes("B", "o", 20), *photographs("p", 100)]
    with world(tmp_path / "m.duckdb", pictures) as store:
        with pytest.raises(RecipeError) as caught:
            chosen(store, 'per_generator = 20\n[match]\non = ["format"]\n')
        assert "20 of 40 fake images have no real image in their bin of format: WEBP (20)" in str(caught.value)
        dropped = chosen(store, 'per_generator = 20\n[match]\non = ["format"]\nwhen_short = "drop"\n')
        assert counted(store, "generator") == {(1, "B"): 20, (0, ""): 20}
        assert ("match", "no real image in its bin: WEBP", 20) in dropped.excluded
        assert ("match", "no fake image needs it", 70) in dropped.excluded


@pytest.mark.slow
def test_nearest_counterpart_shares_the_first_columns(tmp_path: Path) -> None:
    pictures = [
        *fakes("A", "o", 10, format="JPEG", jpeg_quality=90),
        *photographs("near", 4, format="JPEG", jpeg_quality=90),
        *photographs("far", 3, format="JPEG", jpeg_quality=50),
        *photographs("png", 50),
    ]
    text = 'per_generator = 10\n[match]\non = ["format", "jpeg_quality"]\nwhen_short = "nearest"\n'
    with world(tmp_path / "m.duckdb", pictures) as store:
        chosen(store, text)
        assert counted(store, "origin") == {(1, "o"): 10, (0, "near"): 4, (0, "far"): 3, (0, "png"): 3}
        store.execute("delete from attributes where origin = 'png'")
        with pytest.raises(RecipeError, match="3 of 10 fake images have no real image: there are only 7 candidates"):
            chosen(store, text)


def test_no_common_support_is_an_error_even_if_fakes_may_be_dropped(tmp_path: Path) -> None:
    pictures = [*fakes("A", "o", 9, format="JPEG"), *photographs("p", 9)]
    message = "9 of 9 fake images have no real image in their bin of format: JPEG"
    with world(tmp_path / "m.duckdb", pictures) as store, pytest.raises(RecipeError, match=message):
        chosen(store, 'per_generator = 9\n[match]\non = ["format"]\nwhen_short = "drop"\n')


def test_duplicates_and_images_of_another_split_are_not_matched(tmp_path: Path) -> None:
    chance = random.Random(1)
    hashes = [chance.getrandbits(64) for _ in range(100)]
    pairs = [Picture(f"o/A/{n}", "o", "A", paired=(f"p/{n}",), phash=hashes[n]) for n in range(40)]
    reals = [replace(one, phash=hashes[40 + n]) for n, one in enumerate(photographs("p", 60))]
    copies = [Picture(f"c/{n}", "c", content="copy", phash=chance.getrandbits(64)) for n in range(30)]
    near = [Picture(f"n/{n}", "n", phash=hashes[n] ^ 1) for n in range(10)]
    with world(tmp_path / "m.duckdb", [*pairs, *reals, *copies, *near]) as store:
        chosen(store, 'per_generator = 40\n[match]\non = ["format", "width"]\n' + HALVES)
        rows = store.execute(
            "select f.split, r.split from (select split, unnest(paired_real_images) as real from selection"
            " join manifest using (file_id)) f join selection r on r.file_id = f.real"
        )
        origins = counted(store, "origin")
        splits = dict(store.execute("select file_id, split from selection"))
    assert rows
    assert all(one == other for one, other in rows)
    assert origins[0, "c"] <= 1
    assert all(splits[f"n/{n}"] == splits[f"o/A/{n}"] for n in range(10) if f"n/{n}" in splits)


@pytest.mark.slow
def test_spares_have_the_bin_of_an_image_and_the_generator_of_a_fake(tmp_path: Path) -> None:
    with world(tmp_path / "m.duckdb", mixed()) as store:
        chosen(store, 'per_generator = 40\n[match]\non = ["format", "jpeg_quality", "width"]\n' + HALVES)
        columns = "split, stratum, generator, format, jpeg_quality"
        query = f"select role = 'spare', label, {columns}, count(*) from selection join manifest using (file_id)"
        rows = store.execute(f"{query} group by all")
    images, spares = (Counter({row[1:-1]: row[-1] for row in rows if row[0] is of}) for of in (False, True))
    assert sum(label for label, *_ in spares) > 4
    assert sum(1 - label for label, *_ in spares) > 4
    assert spares.keys() <= images.keys()
    assert all(count <= -(-images[key] // 2) for key, count in spares.items() if key[0] == 0)
    for _, _, stratum, generator, form, _ in spares:
        assert stratum.startswith(f"{generator or 'photograph'}, {form}, ")


def test_an_extended_matched_selection_keeps_splits_and_real_images(tmp_path: Path) -> None:
    match = '[match]\non = ["format", "jpeg_quality"]\n'
    query = (
        "select file_id, (split, label) from selection join manifest using (file_id) where role <> 'spare' and name = "
    )
    with world(tmp_path / "m.duckdb", mixed()) as store:
        select(store, recipe.parse(f"seed = 1\nper_generator = 20\n{match}{HALVES}"), "v1")
        larger = recipe.parse(f"seed = 2\nper_generator = 50\n{match}[split]\ntrain = 0.6\nvalidation = 0.4\n")
        select(store, replace(larger, extend="v1"), "v2")
        before, after = (dict(store.execute(f"{query}'{name}'")) for name in ("v1", "v2"))
        store.execute("delete from selection where name = 'v1'")
        found = counted(store, "split", "format", "jpeg_quality")
    both = before.keys() & after.keys()
    assert all(before[file_id] == after[file_id] for file_id in both)
    assert sum(before[file_id][1] == 0 for file_id in both) > 20  # more than chance
    assert halves_of(found, 1) == halves_of(found, 0)
    assert sum(found.values()) == 200


@pytest.mark.slow
def test_several_real_images_per_fake(tmp_path: Path) -> None:
    for per_fake, expected in ((2, 40), (0.5, 10)):
        pictures = [*fakes("A", "o", 20), *photographs("p", 99), *photographs("q", 99, format="JPEG")]
        with world(tmp_path / f"{per_fake}.duckdb", pictures) as store:
            text = f'per_generator = 20\n[photographs]\nper_fake = {per_fake}\n[match]\non = ["format"]\n'
            chosen(store, text)
            assert counted(store, "format") == {(1, "PNG"): 20, (0, "PNG"): expected}


@pytest.mark.slow
def test_differences_before_and_after_are_stored(tmp_path: Path) -> None:
    pictures = [
        *[
            replace(one, side=300 + n % 4, format="PNG" if n % 2 else "JPEG")
            for n, one in enumerate(fakes("A", "o", 99))
        ],
        *[replace(one, side=200 + n % 120) for n, one in enumerate(photographs("p", 3_000))],
        *[replace(one, side=200 + n % 120) for n, one in enumerate(photographs("q", 3_000, format="JPEG"))],
    ]
    with world(tmp_path / "m.duckdb", pictures) as store:
        chosen(store, 'per_generator = 90\n[match]\non = ["format", "width"]\n')
        traits = {trait: values for trait, *values in store.execute("select * exclude (name) from selection_trait")}
        [bins] = store.execute(
            "select sum(fakes), sum(matched), sum(nearest), sum(reals), max(candidates) from selection_bin"
        )
        shortcuts = {trait: (before, after) for _, trait, before, after, _ in store.execute("from selection_shortcut")}
        histogram = store.execute("select * exclude (name) from selection_histogram where trait = 'format'")
        shares = store.arrow("report/histograms", {"name": "x"}).to_pylist()
        document = json.loads(balance_text(store, "x"))
        text = readme(ExportHeader("x", "", "", "", "", {}, {}, {}, {}), balance=document)
        chosen(store, "per_generator = 90\n")
        assert balance_text(store, "x") == ""
        assert store.count("selection_histogram") == 0
        assert store.count("selection_trait") == store.count("selection_bin") == store.count("selection_shortcut") == 0
    assert [row[:3] for row in histogram] == [("format", 1, "JPEG"), ("format", 2, "PNG")]
    assert [sum(row[at] for row in histogram) for at in (3, 4, 5, 6)] == [90, 6_000, 90, 90]
    assert all(row[5] == row[6] for row in histogram)
    widths = [row for row in shares if row["trait"] == "width"]
    assert round(sum(row["fake_after"] for row in widths)) == 100
    assert [row["fake_after"] for row in widths] == [row["real_after"] for row in widths]
    assert {row["trait"] for row in document["histograms"]} == {"format", "width"}
    assert "| width | ratio 1.09 | 0." in text
    smd, bins_of, imbalance = traits["width"][1:3], traits["width"][0], traits["width"][3:]
    assert bins_of == "ratio 1.09"
    assert smd[0] > 1
    assert smd[1] == 0
    assert imbalance[0] > 0.7
    assert imbalance[1] == 0
    assert traits["format"][0] == "exact"
    assert bins[:4] == (90, 90, 0, 90)
    assert shortcuts["width"][0] > 0.9
    assert shortcuts["width"][1] < 0.6


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bins", "expected"),
    [
        ("[250, 300]", {"below 250", "250 to 300", "300 or more"}),
        ("{width = 100}", {"200 to 300", "300 to 400"}),
        ("{quantiles = 2}", {"below 256", "256 or more"}),
        ("{ratio = 2}", {"181.019 to 362.039"}),
        ('"exact"', {"200", "256", "300"}),
    ],
)
def test_bins_are_those_of_the_recipe(tmp_path: Path, bins: str, expected: set[str]) -> None:
    pictures = [
        replace(one, side=side)
        for side in (200, 256, 300)
        for one in (*fakes(f"g{side}", "o", 5), *photographs(f"p{side}", 9))
    ]
    with world(tmp_path / "m.duckdb", pictures) as store:
        chosen(store, f'per_generator = 5\n[match]\non = ["width"]\n[match.bins]\nwidth = {bins}\n')
        assert {name for (name,) in store.execute("select bin from selection_bin where name = 'x'")} == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('on = ["widht"]', "there is no column 'widht' (did you mean 'width'?); columns: "),
        ("on = []", "'on' is missing"),
        ('on = ["width"]\nwhen_short = "keep"', "'when_short' must be error or drop or nearest"),
        ('on = ["width"]\nbins = {height = [1]}', "'height' is not in 'on'"),
        ('on = ["width"]\nbins = {width = [3, 2]}', "the edges must increase"),
        ('on = ["width"]\nbins = {width = {ratio = 1}}', "'width' must be"),
        ('on = ["width"]\nbins = {width = {ratio = 1.001}}\nany = 1', "unknown key 'any'"),
        ('on = ["format"]\nbins = {format = {width = 2}}', "'format' holds texts"),
        ('on = ["width"]\nbins = {width = {width = 0.000001}}', "more than 20,000 bins"),
        ('on = ["paired_real_images"]', "there is no column 'paired_real_images'"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, message: str) -> None:
    pictures = [*fakes("A", "o", 9), *photographs("p", 9, side=300)]
    with world(tmp_path / "m.duckdb", pictures) as store, pytest.raises(RecipeError) as caught:
        chosen(store, "per_generator = 5\n[match]\n" + text)
    assert message in str(caught.value)
