"""The card of a build, read by the programs that use it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from indexer.base.untrusted_json import JsonObject, read_json
from materializer.dataset import card
from materializer.dataset.card.facts import CardCount, CardFacts, CardFile, CardOrigin, CardUpstream, rows_in
from materializer.dataset.card.pages import DATASETS_VERSIONS
from materializer.models import Settings
from materializer.shards.formats import FORMATS

ROOT = Path(__file__).parents[2]
EVIL = 'evil | "name": <script>alert(1)</script>\n---\n\x1b[31m'


def facts(**changes):
    counts = (
        CardCount("train", 0, "", "COCO2017_train", "coco", 3, 1, 3_000_000),
        CardCount("train", 1, "ADM", "GenImage/train", "genimage", 2, 0, 2_000_000),
        CardCount("validation", 1, EVIL, "GenImage/val", "genimage", 1, 0, 1_000_000),
    )
    origins = (
        CardOrigin("coco", "COCO 2017", "CC BY 4.0", "Lin et al.", "https://cocodataset.org", 3),
        CardOrigin("genimage", EVIL, "", "", "", 3),
    )
    files = (CardFile("train/data-00000-of-00001.arrow", 10, "0" * 64),)
    upstream = (
        CardUpstream("coco", "data/train2017.zip", "d" * 40, f"sha256:{'e' * 64}"),
        CardUpstream("genimage", "/adm.zip", "", f"git:{'f' * 40}"),
    )
    digests = {"train": "a" * 64, "validation": "b" * 64, "all": "c" * 64}
    return CardFacts(**{"name": "demo", "settings": Settings(), "counts": counts, "origins": origins,
                    "files": files, "digests": digests, "upstream": upstream} | changes)  # fmt: skip


@pytest.fixture
def written(tmp_path):
    card.write(tmp_path, facts())
    return tmp_path


def test_card_has_a_yaml_head_and_escapes_untrusted_names(written):
    _, head, body = (written / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    content = yaml.safe_load(head)
    files = [{"split": split, "path": f"{split}/data-*.arrow"} for split in ("train", "validation")]
    assert content["configs"] == [{"config_name": "default", "data_files": files}]
    assert content["size_categories"] == ["n<1K"]
    assert "| COCO 2017 | 3 | CC BY 4.0 | https://cocodataset.org |" in body
    assert "<script>" not in body
    assert "\x1b" not in body


def test_statistics_count_per_split_generator_and_origin(written):
    text = (written / "DATASET_STATS.md").read_text(encoding="utf-8")
    assert "## train: 5 images" in text
    assert "| (real) | COCO2017\\_train | 3 | 3.0 |" in text
    assert "| ADM | 2 | 2.0 |" in text


def test_table_rows_have_as_many_cells_as_the_header(written):
    for name in ("README.md", "DATASET_STATS.md"):
        tables = (written / name).read_text(encoding="utf-8").split("\n\n")
        for table in (part.splitlines() for part in tables if part.startswith("|")):
            assert {line.replace("\\|", "").count("|") for line in table} == {table[0].count("|")}


@pytest.mark.parametrize("format_", FORMATS)
def test_equal_facts_give_equal_files(tmp_path, format_):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        card.write(tmp_path / folder, facts(settings=Settings(format=format_)))
    one, two = (
        {path.name: path.read_bytes() for path in (tmp_path / name).rglob("*") if path.is_file()}
        for name in ("one", "two")
    )
    assert sorted(one) == ["CITATION.cff", "DATASET_STATS.md", "README.md", "croissant.json", "facts.json"]
    assert one == two


def test_citation_names_every_source(written):
    found = yaml.safe_load((written / "CITATION.cff").read_text(encoding="utf-8"))
    assert (found["cff-version"], found["type"], found["title"]) == ("1.2.0", "dataset", facts().name)
    assert [source["title"] for source in found["references"]] == [origin.name for origin in facts().origins]
    assert all({"type", "title", "authors"} <= source.keys() for source in found["references"])


def test_card_and_pages_name_the_same_versions_of_datasets(written):
    files = (written / "README.md", ROOT / "README.md", ROOT / "docs/building.md")
    for text in (file.read_text(encoding="utf-8") for file in files):
        assert [version for version in DATASETS_VERSIONS if version not in text] == []


def test_croissant_and_facts_name_the_files_upstream(written):
    derived = json.loads((written / "croissant.json").read_text())["prov:wasDerivedFrom"]
    assert [(one["name"], one.get("version"), one.get("sha256"), one.get("identifier")) for one in derived] == [
        ("coco/data/train2017.zip", "d" * 40, "e" * 64, None),
        ("genimage/adm.zip", None, None, "f" * 40),
    ]
    content = JsonObject(read_json(written / "record/facts.json"))
    assert rows_in(content, "upstream", CardUpstream) == facts().upstream


def test_unknown_files_upstream_are_left_out(tmp_path):
    card.write(tmp_path, facts(upstream=()))
    assert "wasDerivedFrom" not in (tmp_path / "croissant.json").read_text()
    content = JsonObject(read_json(tmp_path / "record/facts.json"))
    assert rows_in(content, "upstream", CardUpstream) == ()


@pytest.mark.slow
def test_croissant_passes_its_validator(written):
    pytest.importorskip("mlcroissant", reason="mlcroissant is not installed")
    code = "import sys, mlcroissant; print(mlcroissant.Dataset(sys.argv[1]).metadata.issues.errors)"
    command = [sys.executable, "-W", "ignore", "-c", code, str(written / "croissant.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "set()"), done.stderr
    assert json.loads((written / "croissant.json").read_text())["conformsTo"].endswith("/1.1")
