"""`indexer stats` counts the manifest, or a selection split by split, in four formats."""

import csv
import json
from pathlib import Path
from typing import Any

from indexer.manifest import store
from tests.cli.conftest import Run


def _sections(text: str) -> dict[tuple[str, str | None], list[dict[str, Any]]]:
    return {(section["by"], section["split"]): section["rows"] for section in json.loads(text)["sections"]}


def test_manifest_is_counted_by_label_generator_and_origin(run: Run, manifest: Path) -> None:
    done = run("stats", "--manifest-db", manifest, "--format", "json")
    sections = _sections(done.stdout)
    assert sections["generator", None] == [
        {"generator": "(Real)", "images": 4, "unusable": 0, "bytes": 4_000_000},
        {"generator": "ADM", "images": 8, "unusable": 1, "bytes": 8_000_000},
    ]
    assert [(row["label"], row["images"]) for row in sections["label", None]] == [("real", 4), ("fake", 8)]
    assert [row["origin"] for row in sections["origin", None]] == ["COCO2017_val", "GenImage/train"]
    assert len(sections["origin_generator", None]) == 2


def test_unknown_sizes_are_not_zero(run: Run, manifest: Path) -> None:
    """An image in Parquet has no size before it is read."""
    with store.open_for_writing(manifest) as opened:
        opened.execute("update member set size = null where member_id = 3")
    output = run("stats", "--manifest-db", manifest).stdout
    sizes = {
        line.split()[0]: line.split()[-2:] for line in output.splitlines() if line.startswith(("  ADM", "  (Real)"))
    }
    assert sizes["(Real)"] == ["4", "MB"]
    assert sizes["ADM"][-1] == "unknown"


def test_selection_is_counted_by_split_without_spares(run: Run, manifest: Path) -> None:
    done = run("stats", "first", "--manifest-db", manifest, "--format", "json")
    sections = _sections(done.stdout)
    assert [(row["split"], row["images"]) for row in sections["split", None]] == [("train", 4), ("validation", 4)]
    assert [row["images"] for row in sections["generator", "validation"]] == [1, 3]
    assert json.loads(done.stdout)["in_several_splits"] == 0


def test_table(run: Run, manifest: Path) -> None:
    done = run("stats", "first", "--manifest-db", manifest)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["generator", "train", "validation"] in lines
    assert ["ADM", "3", "3"] in lines
    assert "8 images. No image is in two splits, and none twice in one." in done.stdout
    assert "\x1b" not in done.stdout


def test_markdown_is_a_dataset_card(run: Run, manifest: Path, tmp_path: Path) -> None:
    card = tmp_path / "DATASET_STATS.md"
    assert run("stats", "first", "--manifest-db", manifest, "--format", "markdown", "--output", card).returncode == 0
    text = card.read_text()
    assert text.startswith('---\npretty_name: "first"\ntask_categories:\n')
    assert "## Split: train" in text
    assert "| generator | images | size |\n| --- | ---: | --- |\n| (Real) | 1 | 1 MB |\n| ADM | 3 | 3 MB |" in text


def test_csv_has_all_counts(run: Run, manifest: Path) -> None:
    done = run("stats", "--manifest-db", manifest, "--format", "csv")
    assert list(csv.DictReader(done.stdout.splitlines())) == [
        {"split": "", "origin": "COCO2017_val", "generator": "", "label": "0", "images": "4", "unusable": "0",
         "bytes": "4000000"},
        {"split": "", "origin": "GenImage/train", "generator": "ADM", "label": "1", "images": "8", "unusable": "1",
         "bytes": "8000000"},
    ]  # fmt: skip


def test_overlap_between_splits_is_reported(run: Run, manifest: Path) -> None:
    with store.open_for_writing(manifest) as opened:
        opened.execute("insert into selection values ('first', 'train', 99, 'GenImage/1', 'sampled', '', null)")
    done = run("stats", "first", "--manifest-db", manifest)
    assert "1 are in more than one split, 0 twice in one." in done.stdout


def test_unknown_selection_is_refused_with_a_suggestion(run: Run, manifest: Path) -> None:
    done = run("stats", "frist", "--manifest-db", manifest)
    assert done.returncode == 2
    assert "no selection 'frist'" in done.stderr
    assert "did you mean 'first'?" in done.stderr


def test_pictures_of_other_selections_are_counted(run: Run, manifest: Path) -> None:
    with store.open_for_writing(manifest) as opened:
        opened.execute("insert into selection select * replace ('second' as name, 'test' as split) from selection"
                       " where split = 'train' and role <> 'spare'")  # fmt: skip
    done = run("stats", "second", "--manifest-db", manifest, "--format", "json")
    assert json.loads(done.stdout)["shared"] == [
        {"split": "test", "selection": "first", "its_split": "train", "pictures": 4}
    ]
    assert "Pictures that other selections have, too" in run("stats", "second", "--manifest-db", manifest).stdout
