"""The blocks of indexer/sources/README.md are written to disk, scanned and queried."""

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
def workdir(tmp_path):
    """Return a folder with local.cfg and the dataset and declaration of the README."""
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


def indexer(workdir, *arguments):
    command = [sys.executable, "-m", "indexer", *arguments, "--quiet", "--config", str(workdir / "local.cfg")]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_example_of_the_readme_gives_the_expected_rows(workdir):
    before = indexer(workdir, "sources", "birds")
    assert "found, not scanned" in before.stdout, before.stderr
    assert indexer(workdir, "scan", "--source", "birds", "--jobs", "1").returncode == 0
    query = "select file_id, generator, label, description from manifest where source = 'birds' order by file_id"
    rows = indexer(workdir, "sql", query, "--format", "csv").stdout
    assert list(csv.reader(io.StringIO(rows)))[1:] == list(csv.reader(io.StringIO(BLOCKS["expected"])))
    assert indexer(workdir, "sql", "select code from derivation_error", "--format", "csv").stdout.split() == ["code"]
    assert "(scanned)" in indexer(workdir, "sources", "birds").stdout


def test_short_declaration_gives_rows(workdir):
    (workdir / "declarations" / "holiday.toml").write_text(BLOCKS["holiday.toml"])
    assert len(BLOCKS["holiday.toml"].splitlines()) <= 8
    folder = workdir / "data" / "holiday" / "day one"
    folder.mkdir(parents=True)
    (folder / "a.b.png").write_bytes(picture("png"))
    with (workdir / "local.cfg").open("a") as config:
        config.write(f"holiday = {workdir / 'data' / 'holiday'}\n")
    assert indexer(workdir, "scan", "--source", "holiday", "--jobs", "1").returncode == 0
    query = "select file_id, origin, generator, label from manifest"
    rows = indexer(workdir, "sql", query, "--format", "csv").stdout
    assert rows.splitlines()[1:] == ["holiday/day one/a.b,holiday,day one,1"]


def test_line_break_in_a_file_name_is_escaped_in_its_file_id(workdir):
    """Lists of ids and the digests of an export have one id per line."""
    (workdir / "data" / "pictures").mkdir()
    for name in ("one.png", "two\nlines.png"):
        (workdir / "data" / "pictures" / name).write_bytes(picture("png"))
    (workdir / "declarations" / "pictures.toml").write_text(
        'name = "Pictures"\nlicence = "none"\ndefault_folder = "pictures"\n\n[[rule]]\n'
        'path = ".+"\nfile_id = "{path}"\norigin = "Pictures"\nlabel = "real"\n'
    )
    assert indexer(workdir, "scan", "--source", "pictures").returncode == 0
    with store.open_for_reading(workdir / "data" / "manifest.duckdb") as manifest:
        assert manifest.execute("select file_id from attributes order by all") == [("one",), ("two\\x0alines",)]
