"""The audit finds planted duplicates, leaks and shortcuts, and describes them."""

import hashlib
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexer.base.errors import RecipeError
from indexer.selection.audit import Audit, AuditOptions, audit
from indexer.selection.audit.shortcuts import TREE
from indexer.selection.by_list import select_listed
from tests.support.worlds import Picture, fakes, photographs, world

NO_TREE = AuditOptions(tree=False)


def audited(folder: Path, pictures: list[Picture], options: AuditOptions = NO_TREE) -> Audit:
    """The audit of all ``pictures``, those of even number (the end of their id) in train."""
    odd = [picture.file_id for picture in pictures if int(picture.file_id.rsplit("/")[-1]) % 2]
    even = [picture.file_id for picture in pictures if picture.file_id not in set(odd)]
    with world(folder / "m.duckdb", pictures) as store:
        select_listed(store, {"train": even, "validation": odd}, "x")
        return audit(store, "x", options)


def apart(pictures: list[Picture]) -> list[Picture]:
    """The same with perceptual hashes that are far from each other."""
    return [replace(one, phash=one.phash or (n * 0x9E3779B97F4A7C15) % 2**64) for n, one in enumerate(pictures, 1)]


def test_duplicates_and_leaks_are_counted(tmp_path: Path) -> None:
    pictures = apart([*fakes("A", "o", 40), *photographs("coco", 40)])
    pictures[0] = replace(pictures[0], content="same")
    pictures[1] = replace(pictures[1], content="same")
    pictures[2] = replace(pictures[2], phash=0xFF00FF00)
    pictures[42] = replace(pictures[42], phash=0xFF00FF01)
    pictures[4] = replace(pictures[4], paired=("coco/5",), prompt="a cat")
    pictures[7] = replace(pictures[7], prompt="a cat")
    found = audited(tmp_path, pictures)
    duplicates = {row["kind"]: row for row in found.duplicates.to_pylist()}
    assert (duplicates["equal bytes"]["groups"], duplicates["equal bytes"]["over_splits"]) == (1, 1)
    assert (duplicates["near duplicates"]["groups"], duplicates["near duplicates"]["over_labels"]) == (1, 1)
    assert [(row["kind"], row["groups"], row["example"]) for row in found.leaks.to_pylist()] == [
        ("real image", 1, "coco/5"), ("prompt", 1, "a cat"),
    ]  # fmt: skip
    assert found.leaking == 2


def test_photographs_that_are_not_selected_leak_by_content(tmp_path: Path) -> None:
    """A fake of train has a photograph that is equal, or near, to one of validation."""
    made = replace(fakes("A", "o", 1)[0], paired=("laion/0", "laion/1"))
    reals = apart([*photographs("laion", 2), *photographs("coco", 4)])
    reals[0] = replace(reals[0], content="same")
    reals[3] = replace(reals[3], content="same")
    reals[5] = replace(reals[5], phash=(reals[1].phash or 0) ^ 1)
    with world(tmp_path / "m.duckdb", [made, *reals]) as store:
        select_listed(store, {"train": ["o/A/0", "coco/0"], "validation": ["coco/1", "coco/3"]}, "x")
        found = audit(store, "x", NO_TREE)
    leaks = {row["kind"]: row["groups"] for row in found.leaks.to_pylist()}
    assert leaks == {"real image": 1, "near real image": 1}
    assert found.leaking == 2


@pytest.mark.parametrize("tree", [False, pytest.param(True, marks=pytest.mark.slow)])  # scikit-learn
def test_shortcut_is_scored_and_described(tmp_path: Path, tree: bool) -> None:
    if tree:
        pytest.importorskip("sklearn")
    pictures = apart([*fakes("A", "o", 60), *photographs("coco", 60, format="JPEG", jpeg_quality=90)])
    found = audited(tmp_path, pictures, AuditOptions(tree=tree))
    scores = {row["trait"]: row["balanced_accuracy"] for row in found.shortcuts.to_pylist() if row["target"] == "label"}
    assert scores["format"] == 1.0
    assert scores["width"] == pytest.approx(0.5)
    assert found.worst == 1.0
    assert (TREE in scores) == tree
    sentence = (
        "format alone predicts the label at 100% (91% to 100% with 95%, 120 images; JPEG: 0% of fakes, 100% of real"
    )
    assert any(line.startswith(sentence) for line in found.words)


def test_generator_shortcuts_are_described_with_rounded_sizes(tmp_path: Path) -> None:
    pictures = apart([*fakes("A", "o", 60), *fakes("B", "o", 60, side=1024), *photographs("coco", 120, side=300)])
    words = audited(tmp_path, pictures).words
    assert "height alone predicts the generator at 100% (91% to 100% with 95%, 120 images; chance 50%)" in words
    assert any("0.0112: 0% of fakes, 75% of real images" in line for line in words)


def drawn(chance: random.Random) -> list[Picture]:
    """Images whose traits partly predict the label and the generator."""
    formats = {"": ["JPEG"] * 4 + ["PNG"], "A": ["PNG", "JPEG"], "B": ["PNG"] * 3 + ["WEBP"], "C": ["JPEG"]}
    qualities = {"": [None, 75, 90, 95], "A": [None, 90], "B": [None], "C": [90, 95]}
    return [
        Picture(f"{n}", "o", generator, side=chance.choice([256, 300, 512]), format=chance.choice(formats[generator]),
                jpeg_quality=chance.choice(qualities[generator]))
        for n in range(900) for generator in [chance.choice(["", "", "A", "B", "C"])]
    ]  # fmt: skip


def predicted(values: np.ndarray, truth: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Predict each fold by a rule learnt from the others: a value predicts the class in which it is most frequent."""
    answers = np.empty(len(truth), dtype=object)
    for held in range(5):
        seen = fold != held
        for value in np.unique(values[fold == held]):
            parts = [(((values == value) & (truth == name) & seen).sum() / (truth[seen] == name).sum(), name)
                     for name in np.unique(truth)]  # fmt: skip
            answers[(fold == held) & (values == value)] = max(parts)[1]
    return answers


@pytest.mark.slow
def test_balanced_accuracy_equals_that_of_scikit_learn(tmp_path: Path) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    pictures = drawn(random.Random(3))
    found = audited(tmp_path, pictures)
    scores = {(row["target"], row["trait"]): row["balanced_accuracy"] for row in found.shortcuts.to_pylist()}
    order = sorted(pictures, key=lambda one: hashlib.md5(f"audit{one.file_id}".encode()).hexdigest())
    number = {one.file_id: n for n, one in enumerate(order)}
    folds = np.array([number[one.file_id] % 5 for one in pictures])
    label = np.array(["fake" if one.generator else "real" for one in pictures])
    generator, is_fake = np.array([one.generator for one in pictures]), label == "fake"
    for trait, field in (("format", "format"), ("width", "side"), ("JPEG quality", "jpeg_quality")):
        values = np.array([str(getattr(one, field)) for one in pictures])
        for target, truth, part in (("label", label, label != ""), ("generator", generator, is_fake)):
            expected = metrics.balanced_accuracy_score(truth[part], predicted(values[part], truth[part], folds[part]))
            assert scores[target, trait] == pytest.approx(expected), (target, trait)


def test_uninformative_metadata_give_no_sentence(tmp_path: Path) -> None:
    found = audited(tmp_path, apart([*fakes("A", "o", 60), *photographs("c", 60)]))
    scores = {row["trait"]: row["balanced_accuracy"] for row in found.shortcuts.to_pylist()}
    assert scores["format"] == 0.5
    assert not any("format" in line for line in found.words)


def test_unknown_selection_is_an_error(tmp_path: Path) -> None:
    with (
        world(tmp_path / "m.duckdb", fakes("A", "o", 3)) as store,
        pytest.raises(RecipeError, match="no selection 'y'"),
    ):
        audit(store, "y", NO_TREE)


def test_whole_manifest_is_audited(tmp_path: Path) -> None:
    with world(tmp_path / "m.duckdb", [*fakes("A", "o", 9), *photographs("c", 9)]) as store:
        assert audit(store, None, NO_TREE).images == 18


@pytest.mark.parametrize("tree", [False, True])
@pytest.mark.parametrize(
    ("pictures", "reason"),
    [
        (fakes("A", "o", 40), "all images are fake: there is no label to predict"),
        ([*fakes("A", "o", 1), *fakes("B", "o", 1)], "all images are fake: there is no label to predict"),
        (photographs("coco", 40), "all images are real: there is no label to predict"),
        ([*fakes("A", "o", 4), *photographs("coco", 4)], "too few images to tell whether metadata predict the label"),
        ([*fakes("A", "o", 40), *photographs("coco", 4)], "too few images to tell whether metadata predict the label"),
        ([*fakes("A", "o", 9), *photographs("coco", 10)], "too few images to tell whether metadata predict the label"),
    ],
)
def test_labels_that_cannot_be_compared_have_no_score(
    tmp_path: Path, tree: bool, pictures: list[Picture], reason: str
) -> None:
    if tree:
        pytest.importorskip("sklearn")
    found = audited(tmp_path, apart(pictures), AuditOptions(tree=tree))
    assert found.worst is None
    assert [row for row in found.shortcuts.to_pylist() if row["target"] == "label"] == []
    assert found.words[0].startswith(reason)


def test_score_is_given_from_the_least_number_of_images(tmp_path: Path) -> None:
    found = audited(tmp_path, apart([*fakes("A", "o", 10), *photographs("coco", 10, format="JPEG")]))
    assert found.worst == 1.0


def test_a_threshold_on_the_width_is_found_where_every_image_has_its_own(tmp_path: Path) -> None:
    made = [replace(one, side=400 + n) for n, one in enumerate(fakes("A", "o", 100))]
    reals = [replace(one, side=600 + n) for n, one in enumerate(photographs("coco", 100))]
    found = audited(tmp_path, apart([*made, *reals]))
    scores = {row["trait"]: row["balanced_accuracy"] for row in found.shortcuts.to_pylist() if row["target"] == "label"}
    assert scores["width"] > 0.9


def scored(found: Audit, target: str = "label") -> dict[str, dict[str, Any]]:
    return {row["trait"]: row for row in found.shortcuts.to_pylist() if row["target"] == target}


def with_sizes(pictures: list[Picture], seed: int) -> list[Picture]:
    """Return the pictures with random traits."""
    chance = random.Random(seed)
    return [
        replace(one, side=chance.randint(300, 900), file_size=chance.randint(10**4, 10**6),
                format=chance.choice(["PNG", "JPEG", "WEBP"]), jpeg_quality=chance.choice([None, 75, 80, 90]))
        for one in pictures
    ]  # fmt: skip


def test_random_traits_exceed_no_threshold(tmp_path: Path) -> None:
    found = audited(tmp_path, apart(with_sizes([*fakes("A", "o", 25), *photographs("coco", 25)], 3)))
    assert max(row["balanced_accuracy"] for row in scored(found).values()) > 0.55
    assert found.worst == 0.5
    assert not found.words


@pytest.mark.parametrize("images", [20, 200])
def test_scores_have_intervals_and_p_values(tmp_path: Path, images: int) -> None:
    pictures = with_sizes([*fakes("A", "o", images // 2), *photographs("coco", images // 2)], 1)
    found = audited(tmp_path, apart([replace(one, side=one.side + 700 * bool(one.generator)) for one in pictures]))
    width = scored(found)["width"]
    assert width["images"] == images
    assert width["p"] == pytest.approx(1 / 500)
    assert 0.6 < width["low"] < width["balanced_accuracy"] <= width["high"] == 1.0
    assert found.worst == width["balanced_accuracy"] > 0.9
    assert all(row["low"] <= row["balanced_accuracy"] <= row["high"] for row in found.shortcuts.to_pylist())


def test_copies_of_few_pictures_are_too_few_images(tmp_path: Path) -> None:
    made = [replace(one, content=f"copy {n % 4}") for n, one in enumerate(fakes("A", "o", 100))]
    found = audited(tmp_path, apart([*made, *photographs("coco", 100, format="JPEG")]))
    assert found.worst is None
    assert "100 fake, 100 real, in 104 groups of related images" in found.words[0]


def test_folds_keep_related_images_together(tmp_path: Path) -> None:
    """Six copies of one picture have a width of their own: seen in another fold, it would be known."""
    pictures = [
        replace(
            one, content=f"copy {n // 6}", side=random.Random(n // 6).randint(300, 9999), file_size=5000, format="PNG"
        )
        for n, one in enumerate([*fakes("A", "o", 240), *photographs("coco", 240)])
    ]
    found = audited(tmp_path, apart(pictures))
    assert scored(found)["width"]["p"] > 0.05


def test_rules_of_one_split_are_tested_on_the_other(tmp_path: Path) -> None:
    """The width predicts the label in both splits, the format in train alone."""
    pictures = [
        replace(one, side=900 if one.generator else 300, format="PNG" if n % 2 or one.generator else "JPEG")
        for n, one in enumerate([*fakes("A", "o", 100), *photographs("coco", 100)])
    ]
    rows = {row["trait"]: row for row in audited(tmp_path, apart(pictures)).between_splits.to_pylist()}
    assert (rows["width"]["learned_on"], rows["width"]["tested_on"], rows["width"]["images"]) == (
        "train",
        "validation",
        100,
    )
    assert rows["width"]["balanced_accuracy"] == 1.0
    assert rows["format"]["balanced_accuracy"] == 0.5


def test_drift_between_splits_is_reported(tmp_path: Path) -> None:
    pictures = with_sizes([*fakes("A", "o", 100), *photographs("coco", 100)], 4)
    moved = [replace(one, origin="p") if n % 2 and one.generator else one for n, one in enumerate(pictures)]
    found = audited(tmp_path, apart(moved))
    assert scored(found, "split")["origin"]["p"] <= 0.05
    assert any(line.startswith("origin alone differs between splits") for line in found.words)
    assert scored(found, "split")["width"]["p"] > 0.05


def test_worst_generator_and_origin_are_named(tmp_path: Path) -> None:
    pictures = with_sizes(
        [*fakes("A", "o", 60), *fakes("B", "q", 60), *photographs("coco", 60), *photographs("raise", 60)], 5
    )
    pictures = [replace(one, format="TIFF") if one.origin in ("q", "raise") else one for one in pictures]
    pictures = [replace(one, side=5000) if one.generator == "B" else one for one in pictures]
    worst = {row["kind"]: row for row in audited(tmp_path, apart(pictures)).worst_groups.to_pylist()}
    assert (worst["generator"]["name"], worst["generator"]["trait"]) == ("B", "width")
    assert worst["origin of fakes"]["name"] == "q"
    assert worst["origin of real images"]["images"] == 180


@pytest.mark.parametrize(
    ("pictures", "targets"),
    [
        ([*fakes("A", "o", 40), *fakes("B", "o", 40, side=1024)], {"generator", "split"}),
        (photographs("coco", 40), {"split"}),
    ],
)
def test_images_of_one_label_are_audited_for_the_rest(
    tmp_path: Path, pictures: list[Picture], targets: set[str]
) -> None:
    found = audited(tmp_path, apart(pictures))
    assert set(found.shortcuts["target"].to_pylist()) == targets
    assert found.worst is None
