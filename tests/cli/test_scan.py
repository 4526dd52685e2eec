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
    """One picture of Synthbuster with its prompt, where local.cfg says."""
    (tmp_path / "local.cfg").write_text(CONFIG)
    folder = tmp_path / "in" / "synthbuster"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "synthbuster.zip", "w") as archive:
        archive.writestr("synthbuster/dalle2/r1.png", b"123")
        archive.writestr("synthbuster/prompts.csv", "image name (matching Raise-1k),Prompt\nr1,a house\n")
    return folder


def test_scan_fills_the_manifest_and_tells_of_it(synthbuster, run):
    done = run("scan", "--source", "synthbuster", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert "synthbuster" in done.stdout
    assert "Containers: 1 complete." in done.stdout
    asked = run("sql", "select file_id, positive_prompt from manifest", "--format", "csv")
    assert asked.stdout.split() == ["file_id,positive_prompt", "Synthbuster/dalle2/r1,a", "house"]


def test_missing_roots_are_told_and_refused_when_named(synthbuster, run):
    done = run("scan")
    assert done.returncode == 0
    (told,) = [line for line in done.stderr.splitlines() if line.startswith("not there: ")]
    assert "coco" in told
    named = run("scan", "--source", "coco")
    assert named.returncode == 2
    assert named.stderr.count("\n") == 1
    assert named.stderr.startswith("error: coco: ")
    assert "does not exist: put the dataset there, or name its place in local.cfg" in named.stderr


def test_an_unknown_source_is_refused_with_the_nearest(synthbuster, run):
    done = run("scan", "--source", "synthbuter")
    assert done.returncode == 2
    assert done.stderr == "error: --source: no source is called 'synthbuter': did you mean 'synthbuster'?\n"


def test_a_damaged_archive_is_told_and_the_status_is_one(synthbuster, run):
    (synthbuster / "bad\x1b.zip").write_bytes(b"PK\3\4 not a zip")
    (synthbuster / "link").symlink_to("nowhere")
    done = run("scan", "--source", "synthbuster", "--show-problems", "--quiet")
    assert done.returncode == 1
    assert "1 container is not complete" in done.stderr
    assert "symlink" in done.stdout
    assert "\x1b" not in done.stdout


def test_sources_tells_of_each_container_that_is_not_whole(synthbuster, run):
    for number in range(7):
        (synthbuster / f"bad-{number}\x1b.zip").write_bytes(b"PK\3\4 not a zip")
    assert run("scan", "--source", "synthbuster", "--quiet").returncode == 1
    assert "scanned, 7 not whole" in run("sources").stdout
    about = run("sources", "synthbuster").stdout
    assert about.count("  failed ") == 5
    assert "bad-0\\x1b.zip: no-directory: the zip's directory is missing" in about
    assert "and 2 more" in about
    told = json.loads(run("sources", "synthbuster", "--format", "json").stdout)["sources"][0]["health"]
    assert [(row["path"], row["status"]) for row in told][:1] == [("bad-0\x1b.zip", "failed")]


def test_sources_says_where_each_download_is(run):
    lines = run("sources").stdout.splitlines()
    downloads = [line for line in lines if line.startswith("    ")]
    assert len(downloads) > 20
    assert [line for line in downloads if "http" not in line] == []


def test_an_empty_folder_says_so(synthbuster, run):
    (synthbuster / "synthbuster.zip").unlink()
    done = run("scan", "--source", "synthbuster", "--quiet")
    assert done.returncode == 0
    assert f"synthbuster: {synthbuster} holds no files" in done.stdout


def test_a_root_that_is_no_source_is_told_and_the_others_are_scanned(synthbuster, run):
    folder = synthbuster.parent.parent
    (folder / "notes.txt").write_text("where is coco?")
    (folder / "local.cfg").write_text(f"{CONFIG}coco = notes.txt\n")
    done = run("scan", "--quiet")
    assert (done.returncode, done.stderr) == (1, "")
    assert f"coco: {folder / 'notes.txt'} is neither a folder nor an archive" in done.stdout
    assert "1 complete" in done.stdout


@pytest.mark.parametrize("named", [True, False])
def test_a_disk_that_is_not_mounted_costs_nothing(synthbuster, run, named):
    if named:
        (synthbuster.parent.parent / "local.cfg").write_text(f"{CONFIG}synthbuster = in/synthbuster\n")
    fill(synthbuster.parent / "coco", {"val2017/1.jpg": b"1"})
    assert run("scan", "--quiet").returncode == 0
    rows = run("sql", "select * from member order by all", "--format", "csv").stdout
    shutil.rmtree(synthbuster)
    done = run("scan", "--quiet")
    assert (done.returncode, done.stderr) == (1, "")
    assert (
        f"synthbuster: {synthbuster} does not exist, what was scanned there is kept: bring it back, or" in done.stdout
    )
    assert run("sql", "select * from member order by all", "--format", "csv").stdout == rows
    assert "scanned, missing now" in run("sources").stdout
    assert run("scan", "--forget").returncode == 2
    synthbuster.mkdir()
    assert run("scan", "--quiet", "--source", "synthbuster").returncode == 1
    forgotten = run("scan", "--quiet", "--source", "synthbuster", "--forget")
    assert (forgotten.returncode, forgotten.stderr) == (0, "")
    assert run("sql", "select distinct source from container", "--format", "csv").stdout.split() == ["source", "coco"]
