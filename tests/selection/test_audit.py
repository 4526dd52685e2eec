"""The audit: what is planted is found, and said in words."""

from dataclasses import replace
from pathlib import Path

import pytest

from indexer.errors import ManifestError
from indexer.selection.audit import Audit, Options, audit
from indexer.selection.listing import select_listed
from indexer.selection.shortcuts import TREE
from tests.selection.test_listing import listed
from tests.support.worlds import Picture, fakes, photographs, world

NO_TREE = Options(tree=False)


def audited(folder: Path, pictures: list[Picture], options: Options = NO_TREE) -> Audit:
    """The audit of all ``pictures``, those of even number (the end of their id) in train."""
    odd = [picture.file_id for picture in pictures if int(picture.file_id.rsplit("/")[-1]) % 2]
    even = [picture.file_id for picture in pictures if picture.file_id not in set(odd)]
    with world(folder / "m.duckdb", pictures) as store:
        select_listed(store, listed(folder, train=even, validation=odd), "x")
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
        ("photograph", 1, "coco/5"), ("prompt", 1, "a cat"),
    ]  # fmt: skip
    assert found.leaking == 2


@pytest.mark.parametrize("tree", [False, True])
def test_a_shortcut_is_found_and_said_in_words(tmp_path: Path, tree: bool) -> None:
    if tree:
        pytest.importorskip("sklearn")
    pictures = apart([*fakes("A", "o", 60), *photographs("coco", 60, format="JPEG", jpeg_quality=90)])
    found = audited(tmp_path, pictures, Options(tree=tree))
    scores = {row["trait"]: row["balanced_accuracy"] for row in found.shortcuts.to_pylist() if row["target"] == "label"}
    assert scores["format"] == 1.0
    assert scores["width"] == pytest.approx(0.5)
    assert found.worst == 1.0
    assert (TREE in scores) == tree
    said = "format alone tells fakes from photographs at 100% (JPEG: 0% of fakes, 100% of photographs; PNG: 100%"
    assert any(line.startswith(said) for line in found.words)


def test_where_metadata_tell_nothing_nothing_is_said(tmp_path: Path) -> None:
    found = audited(tmp_path, apart([*fakes("A", "o", 60), *photographs("c", 60)]))
    scores = {row["trait"]: row["balanced_accuracy"] for row in found.shortcuts.to_pylist()}
    assert scores["format"] == 0.5
    assert not any("format" in line for line in found.words)


def test_an_unknown_selection_is_refused(tmp_path: Path) -> None:
    with (
        world(tmp_path / "m.duckdb", fakes("A", "o", 3)) as store,
        pytest.raises(ManifestError, match="no selection 'y'"),
    ):
        audit(store, "y", NO_TREE)


def test_the_whole_manifest_can_be_audited(tmp_path: Path) -> None:
    with world(tmp_path / "m.duckdb", [*fakes("A", "o", 9), *photographs("c", 9)]) as store:
        assert audit(store, None, NO_TREE).images == 18
