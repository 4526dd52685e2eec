"""``indexer scan`` as a user runs it."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.scanning.conftest import fill

CONFIG = (
    "[paths]\ninput_datasets_path = in\noutput_path = out\ntmp_cache_dir = tmp\nintermediate_outputs_path = index\n"
)


@pytest.fixture
def synthbuster(tmp_path: Path) -> Path:
    """One image of Synthbuster with its prompt, below the root of local.cfg."""
    (tmp_path / "local.cfg").write_text(CONFIG)
    folder = tmp_path / "in" / "synthbuster"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "synthbuster.zip", "w") as archive:
        archive.writestr("synthbuster/dalle2/r1.png", b"123")
        archive.writestr("synthbuster/prompts.csv", "image name (matching Raise-1k),Prompt\nr1,a house\n")
    return folder


def test_scan_fills_the_manifest_and_prints_a_summary(synthbuster, run):
    done = run("scan", "--source", "synthbuster", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert "synthbuster" in done.stdout
    assert "Containers: 1 complete." in done.stdout
    rows = run("sql", "select file_id, positive_prompt from manifest", "--format", "csv")
    assert rows.stdout.split() == ["file_id,positive_prompt", "Synthbuster/dalle2/r1,a", "house"]


def test_missing_roots_are_listed_and_refused_when_named(synthbuster, run):
    done = run("scan")
    assert done.returncode == 0
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("not found: ")]
    assert "coco" in line
    named = run("scan", "--source", "coco")
    assert named.returncode == 2
    assert named.stderr.count("\n") == 1
    assert named.stderr.startswith("error: coco: ")
    assert "does not exist: put the dataset there, or set its path in local.cfg" in named.stderr


def test_unknown_source_is_refused_with_a_suggestion(synthbuster, run):
    done = run("scan", "--source", "synthbuter")
    assert done.returncode == 2
    assert done.stderr == "error: --source: unknown source 'synthbuter': did you mean 'synthbuster'?\n"


def test_damaged_archive_gives_status_one(synthbuster, run):
    (synthbuster / "bad\x1b.zip").write_bytes(b"PK\3\4 not a zip")
    (synthbuster / "link").symlink_to("nowhere")
    done = run("scan", "--source", "synthbuster", "--show-problems", "--quiet")
    assert done.returncode == 1
    assert "1 container is not complete" in done.stderr
    assert "symlink" in done.stdout
    assert "\x1b" not in done.stdout


def test_sources_lists_incomplete_containers(synthbuster, run):
    for number in range(7):
        (synthbuster / f"bad-{number}\x1b.zip").write_bytes(b"PK\3\4 not a zip")
    assert run("scan", "--source", "synthbuster", "--quiet").returncode == 1
    assert "scanned, 7 incomplete" in run("sources").stdout
    about = run("sources", "synthbuster").stdout
    assert about.count("  failed ") == 5
    assert "bad-0\\x1b.zip: no-directory: the zip's directory is missing" in about
    assert "and 2 more" in about
    health = json.loads(run("sources", "synthbuster", "--format", "json").stdout)["sources"][0]["health"]
    assert [(row["path"], row["status"]) for row in health][:1] == [("bad-0\x1b.zip", "failed")]


def test_sources_has_one_line_per_source_grouped_by_use(run):
    text = run("sources").stdout
    uses = ["Training", "Test", "In the wild", "Edited", "Real images"]
    assert [line for line in text.splitlines() if line in uses] == uses
    line = next(line for line in text.splitlines() if line.split()[:1] == ["openfake"])
    assert "1.1 TB" in line
    assert "see the dataset card" in line
    assert len(text.splitlines()) < 80


def test_details_of_a_source_have_its_downloads_and_known_damage(run):
    text = run("sources", "df40", "openfake").stdout
    assert "as published        the zip has no central directory: " in text
    assert "revision v1.0" in text
    assert "https://huggingface.co/datasets/ComplexDataLab/OpenFake" in text


def test_empty_folder_is_reported(synthbuster, run):
    (synthbuster / "synthbuster.zip").unlink()
    done = run("scan", "--source", "synthbuster", "--quiet")
    assert done.returncode == 0
    assert f"synthbuster: {synthbuster} contains no files" in done.stdout


def test_unusable_root_is_reported_and_the_others_are_scanned(synthbuster, run):
    folder = synthbuster.parent.parent
    (folder / "notes.txt").write_text("where is coco?")
    (folder / "local.cfg").write_text(f"{CONFIG}coco = notes.txt\n")
    done = run("scan", "--quiet")
    assert (done.returncode, done.stderr) == (1, "")
    assert f"coco: {folder / 'notes.txt'} is neither a folder nor an archive" in done.stdout
    assert "1 complete" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("named", [True, False])
def test_rows_of_an_unmounted_disk_are_kept(synthbuster, run, named):
    if named:
        (synthbuster.parent.parent / "local.cfg").write_text(f"{CONFIG}synthbuster = in/synthbuster\n")
    fill(synthbuster.parent / "coco", {"val2017/1.jpg": b"1"})
    assert run("scan", "--quiet").returncode == 0
    rows = run("sql", "select * from member order by all", "--format", "csv").stdout
    shutil.rmtree(synthbuster)
    done = run("scan", "--quiet")
    assert (done.returncode, done.stderr) == (1, "")
    assert (
        f"synthbuster: {synthbuster} does not exist; the rows of its last scan are kept: mount or restore it, or"
        in done.stdout
    )
    assert run("sql", "select * from member order by all", "--format", "csv").stdout == rows
    assert "scanned, missing now" in run("sources").stdout
    assert run("scan", "--forget").returncode == 2
    synthbuster.mkdir()
    assert run("scan", "--quiet", "--source", "synthbuster").returncode == 1
    forgotten = run("scan", "--quiet", "--source", "synthbuster", "--forget")
    assert (forgotten.returncode, forgotten.stderr) == (0, "")
    assert run("sql", "select distinct source from container", "--format", "csv").stdout.split() == ["source", "coco"]
