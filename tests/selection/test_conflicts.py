"""Pictures under both labels: neither is selected, and the audit names them."""

import random
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.selection import recipe
from indexer.selection.audit import AuditOptions, audit
from indexer.selection.by_recipe import select
from tests.support.worlds import Picture, fakes, photographs, world

RECIPE = """
seed = 1
per_generator = 20
spares = 0.1
[split]
train = 0.75
validation = 0.25
[duplicates]
radius = -1
"""
KEEP_FIRST = RECIPE + 'on_conflict = "keep_first"\n'
REASON = "same picture under another label"
PLANTED = {"o/A/3", "coco/5", "o/A/7", "coco/9"}

Rows = list[tuple[object, ...]]


def pictures() -> list[Picture]:
    """22 fakes and 40 real images; fakes 3 and 7 are equal to the real images 5 (bytes) and 9 (pixels)."""
    found = {one.file_id: one for one in [*fakes("A", "o", 24), *photographs("coco", 40)]}
    for file_id in ("o/A/3", "coco/5"):
        found[file_id] = replace(found[file_id], content="both")
    return list(found.values())


def selected(path: Path, rows: Iterable[Picture], text: str) -> tuple[Rows, dict[str, str]]:
    with world(path, rows) as store:
        plant_pixels(store)
        select(store, recipe.parse(text), "x")
        chosen = store.execute("select split, position, file_id, role from selection order by all")
        return chosen, dict(store.execute("select file_id, reason from selection_excluded"))


def plant_pixels(store) -> None:
    """Give two images with other bytes the same pixels."""
    store.execute(
        "update inspection set pixel_hash = 'equal pixels' where member_id in"
        " (select member_id from attributes where file_id in ('o/A/7', 'coco/9'))"
    )


@pytest.mark.slow
def test_neither_label_of_a_contradiction_is_selected(tmp_path: Path) -> None:
    rows, reasons = selected(tmp_path / "m.duckdb", pictures(), RECIPE)
    assert not PLANTED & {file_id for _, _, file_id, _ in rows}
    assert [reasons[file_id] for file_id in sorted(PLANTED)] == [REASON] * 4
    assert sum(role == "sampled" for *_, role in rows) == 20


def test_keep_first_selects_the_fake(tmp_path: Path) -> None:
    rows, reasons = selected(tmp_path / "m.duckdb", pictures(), KEEP_FIRST.replace("= 20", "= 22"))
    assert "o/A/3" in {file_id for _, _, file_id, _ in rows}
    assert reasons["coco/5"] == "same bytes as o/A/3"
    assert REASON not in reasons.values()


@pytest.mark.slow
def test_contradictions_do_not_depend_on_the_order_of_the_manifest(tmp_path: Path) -> None:
    shuffled = random.Random(5).sample(pictures(), 64)
    results = [selected(tmp_path / f"{n}.duckdb", rows, RECIPE) for n, rows in enumerate((pictures(), shuffled))]
    assert results[0] == results[1]


@pytest.mark.slow
def test_selection_without_contradiction_is_unchanged(tmp_path: Path) -> None:
    plain = [replace(one, content=None) for one in pictures() if one.file_id not in ("o/A/7", "coco/9")]
    results = [selected(tmp_path / f"{n}.duckdb", plain, text) for n, text in enumerate((RECIPE, KEEP_FIRST))]
    assert results[0] == results[1]


def test_audit_names_contradictions_outside_the_selection(tmp_path: Path) -> None:
    with world(tmp_path / "m.duckdb", pictures()) as store:
        plant_pixels(store)
        store.execute("insert into selection values ('x', 'train', 0, 'o/A/3', 'sampled', 'A', null)")
        store.execute("insert into selection values ('x', 'train', 1, 'coco/9', 'sampled', 'photograph', null)")
        store.execute("insert into selection_run (name, recipe, recipe_hash, seed) values ('x', '', '', '')")
        found = audit(store, "x", AuditOptions(tree=False)).conflicts.to_pylist()
    assert [(row["file_id"], row["label"], row["kind"], row["other"], row["images"]) for row in found] == [
        ("coco/9", "real", "equal pixels", "o/A/7", 1), ("o/A/3", "fake", "equal bytes", "coco/5", 1),
    ]  # fmt: skip
