"""Whoever follows indexer/sources/README.md has dataset seventeen: its blocks are written, scanned and asked."""

import csv
import io
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from indexer.base import resources
from indexer.base.config import MANDATORY
from indexer.manifest import store

ROOT = Path(__file__).parents[2]
BLOCKS = dict(
    re.findall(r"^```\w+ (\S+)\n(.*?)^```$", (resources.sources_folder() / "README.md").read_text(), re.M | re.S)
)


def picture(suffix):
    out = io.BytesIO()
    Image.new("RGB", (3, 2), "teal").save(out, {"jpg": "JPEG"}.get(suffix, suffix))
    return out.getvalue()


@pytest.fixture
def desk(tmp_path):
    """A machine with local.cfg, the README's dataset and its declaration."""
    declarations, birds = tmp_path / "declarations", tmp_path / "data" / "birds"
    for folder in (declarations, birds):
        folder.mkdir(parents=True)
    paths = "\n".join(f"{key} = {tmp_path / 'data'}" for key in MANDATORY)
    (tmp_path / "local.cfg").write_text(f"[paths]\n{paths}\ndeclarations_path = {declarations}\n")
    (declarations / "birds.toml").write_text(BLOCKS["birds.toml"])
    (birds / "captions.csv").write_text(BLOCKS["captions.csv"])
    with zipfile.ZipFile(birds / "birds.zip", "w") as archive:
        for line in BLOCKS["tree"].splitlines():
            archive.writestr(line.partition("!")[2], picture(line.rpartition(".")[2]))
    return tmp_path


def indexer(desk, *arguments):
    command = [sys.executable, "-m", "indexer", *arguments, "--quiet", "--config", str(desk / "local.cfg")]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_readme_leads_to_dataset_seventeen(desk):
    before = indexer(desk, "sources", "birds")
    assert "found, not scanned" in before.stdout, before.stderr
    assert indexer(desk, "scan", "--source", "birds", "--jobs", "1").returncode == 0
    query = "select file_id, generator, label, description from manifest where source = 'birds' order by file_id"
    rows = indexer(desk, "sql", query, "--format", "csv").stdout
    assert list(csv.reader(io.StringIO(rows)))[1:] == list(csv.reader(io.StringIO(BLOCKS["expected"])))
    assert indexer(desk, "sql", "select code from derivation_error", "--format", "csv").stdout.split() == ["code"]
    assert "(scanned)" in indexer(desk, "sources", "birds").stdout


def test_a_dataset_of_ones_own_takes_a_few_lines(desk):
    (desk / "declarations" / "holiday.toml").write_text(BLOCKS["holiday.toml"])
    assert len(BLOCKS["holiday.toml"].splitlines()) <= 8
    folder = desk / "data" / "holiday" / "day one"
    folder.mkdir(parents=True)
    (folder / "a.b.png").write_bytes(picture("png"))
    with (desk / "local.cfg").open("a") as config:
        config.write(f"holiday = {desk / 'data' / 'holiday'}\n")
    assert indexer(desk, "scan", "--source", "holiday", "--jobs", "1").returncode == 0
    query = "select file_id, origin, generator, label from manifest"
    rows = indexer(desk, "sql", query, "--format", "csv").stdout
    assert rows.splitlines()[1:] == ["holiday/day one/a.b,holiday,day one,1"]


def test_a_name_of_two_lines_makes_no_file_id(desk):
    """Ids stand on lines: of lists, and of what a shared manifest's digests are made of."""
    (desk / "data" / "pictures").mkdir()
    for name in ("one.png", "two\nlines.png"):
        (desk / "data" / "pictures" / name).write_bytes(picture("png"))
    (desk / "declarations" / "pictures.toml").write_text(
        'name = "Pictures"\nlicence = "none"\ndefault_folder = "pictures"\n\n[[rule]]\n'
        'path = \'[\\s\\S]+\'\nfile_id = "{path}"\norigin = "Pictures"\nlabel = "real"\n'
    )
    assert "1 x bad_file_id, such as two\\nlines.png" in indexer(desk, "scan", "--source", "pictures").stdout
    asked = "select file_id, null from attributes union all select detail, code from derivation_error order by all"
    with store.open_for_reading(desk / "data" / "manifest.duckdb") as manifest:
        assert manifest.execute(asked) == [
            ("file_id has a control character: two\nlines", "bad_file_id"),
            ("one", None),
        ]
