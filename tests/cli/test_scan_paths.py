"""``scan PATH``: folders and archives without a configuration or a declaration."""

import io
import json
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from indexer.base import path_sources
from tests.cli.conftest import Run
from tests.support.storage import Web


def _png(colour: str = "red") -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (20, 10), colour).save(data, "PNG")
    return data.getvalue()


def _tree(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(_png())
    return folder


def _zip(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, _png())
    return path


def _rows(run: Run, columns: str = "file_id", **conditions: str) -> list[tuple[object, ...]]:
    where = " and ".join([f"{name} = '{value}'" for name, value in conditions.items()]) or "true"
    done = run("sql", f"select {columns} from manifest where {where} order by all", "--format", "json")
    return [tuple(row.values()) for row in json.loads(done.stdout)]


def test_a_folder_and_an_archive_become_sources(run: Run, tmp_path: Path) -> None:
    _tree(tmp_path / "My Pictures", "root.png", "2024/Ünï cödé/a.png", "2024/a.PNG")
    nested = io.BytesIO()
    with zipfile.ZipFile(nested, "w") as archive:
        archive.writestr("deep/y.png", _png())
    with zipfile.ZipFile(_zip(tmp_path / "more.zip", "more/x.png"), "a") as archive:
        archive.writestr("inner.zip", nested.getvalue())
    done = run("scan", "My Pictures", "more.zip")
    assert done.returncode == 0, done.stderr
    assert _rows(run, "file_id, source, origin, label") == [
        ("My Pictures/2024/a.PNG", "my_pictures", "My Pictures", 0),
        ("My Pictures/2024/Ünï cödé/a.png", "my_pictures", "My Pictures", 0),
        ("My Pictures/root.png", "my_pictures", "My Pictures", 0),
        ("more/inner/deep/y.png", "more", "more", 0),
        ("more/x.png", "more", "more", 0),
    ]
    assert (tmp_path / "manifest.duckdb").is_file()


def test_files_that_differ_in_their_suffix_have_different_ids(run: Run, tmp_path: Path) -> None:
    _tree(tmp_path / "set", "a.png", "a.jpg")
    assert run("scan", "set").returncode == 0
    assert _rows(run) == [("set/a.jpg",), ("set/a.png",)]


@pytest.mark.slow
def test_scanning_the_working_folder_again_changes_nothing(run: Run, tmp_path: Path) -> None:
    _tree(tmp_path, "a.png")
    _zip(tmp_path / "b.zip", "b.png")
    assert run("scan", ".").returncode == 0
    before = _rows(run)
    for arguments in (["."], []):
        done = run("scan", *arguments)
        assert done.returncode == 0, done.stderr
        assert _rows(run) == before
    assert len(before) == 2


def test_a_path_twice_is_one_source(run: Run, tmp_path: Path) -> None:
    _tree(tmp_path / "set", "a.png")
    assert run("scan", "set", "./set/", str(tmp_path / "set")).returncode == 0
    assert _rows(run) == [("set/a.png",)]


def test_folders_of_one_name_have_different_names_in_any_order(run: Run, tmp_path: Path) -> None:
    for parent in "ab":
        _tree(tmp_path / parent / "set", "x.png")
    assert run("scan", "b/set", "a/set").returncode == 0
    assert _rows(run) == [("a_set/x.png",), ("b_set/x.png",)]


def test_a_path_named_like_a_declared_source_gets_another_key(run: Run, tmp_path: Path) -> None:
    _tree(tmp_path / "own" / "coco", "x.png")
    assert run("scan", "own/coco").returncode == 0
    assert _rows(run, "file_id, source") == [("own_coco/x.png", "own_coco")]


@pytest.mark.parametrize(
    ("names", "label", "generator"),
    [
        (["train/cat/1.png", "set/val/dog/deep/1.png", "cnn/progan/0_real/1.png", "1.png"], 0, ""),
        (["cnn/progan/1_fake/1.png"], 1, "progan"),
        (["train/fake/1.png", "a/b/val/ai/1.png", "fake/1.png"], 1, "unknown"),
        (["FAKE/1.png", "set/Fake/1.png", "Train/FAKE/1.png", "a/training/AI-generated/1.png"], 1, "unknown"),
        (["REAL/1.png", "Train/REAL/1.png", "ADM/0_REAL/1.png", "nature/1.png", "holiday/ai/1.png"], 0, ""),
        (["val/ADM/1_Fake/1.png"], 1, "ADM"),
    ],
)
def test_conventions_of_folders_give_labels(
    run: Run, tmp_path: Path, names: list[str], label: int, generator: str
) -> None:
    _tree(tmp_path / "in", *names)
    assert run("scan", "in").returncode == 0
    assert set(_rows(run, "label, generator")) == {(label, generator)}


def test_a_path_is_added_to_earlier_ones(run: Run, tmp_path: Path) -> None:
    _tree(tmp_path / "a", "1.png")
    _tree(tmp_path / "b", "1.png")
    run("scan", "a")
    assert run("scan", "b").returncode == 0
    assert _rows(run) == [("a/1.png",), ("b/1.png",)]
    keys = [source.key for source in path_sources.read(tmp_path / "manifest.duckdb")]
    assert keys == ["a", "b"]


def test_a_moved_folder_is_scanned_at_its_corrected_root(run: Run, tmp_path: Path) -> None:
    _tree(tmp_path / "a", "1.png")
    run("scan", "a")
    (tmp_path / "a").rename(tmp_path / "elsewhere")
    gone = run("scan")
    assert gone.returncode == 1
    assert f"a: {tmp_path}/a does not exist; the rows of its last scan are kept" in gone.stdout
    file = tmp_path / "manifest.duckdb.sources.toml"
    file.write_text(file.read_text().replace(str(tmp_path / "a"), str(tmp_path / "elsewhere")))
    assert run("scan").returncode == 0
    assert _rows(run) == [("a/1.png",)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "error: nowhere does not exist: name a folder, an archive or an address\n"),
        (["set", "set/inner"], "inner is inside "),
        (["set/a.png"], "set/a.png is one image: name its folder\n"),
        (["notes.txt"], "notes.txt is neither a folder nor an archive"),
        (["set", "--source", "coco"], "name either PATHs or sources with --source"),
    ],
)
def test_a_wrong_path_is_an_error(run: Run, tmp_path: Path, arguments: list[str], message: str) -> None:
    _tree(tmp_path / "set", "a.png", "inner/b.png")
    (tmp_path / "notes.txt").write_text("no archive")
    done = run("scan", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert not (tmp_path / "manifest.duckdb.sources.toml").exists()


def test_file_urls_are_paths(run: Run, tmp_path: Path) -> None:
    _tree(tmp_path / "my set", "a.png")
    urls = [f"{start}{tmp_path}/my%20set" for start in ("file://", "file:", "FILE://localhost")]
    assert run("scan", *urls, "my set").returncode == 0
    assert _rows(run) == [("my set/a.png",)]


def test_a_path_that_cannot_be_scanned_is_not_kept(run: Run, tmp_path: Path) -> None:
    _tree(tmp_path / "set", "a.png")
    with zipfile.ZipFile(_zip(tmp_path / "good.zip", "b.png"), "a") as archive:
        archive.writestr("large.bin", bytes(3_000_000))  # more than one request
    assert run("scan", "set").returncode == 0
    with closing(Web()) as web:
        web.put("good.zip", (tmp_path / "good.zip").read_bytes())
        web.ranges = False
        refused = run("scan", "set", str(web.url("good.zip")))
    assert (refused.returncode, "no ranges" in refused.stderr) == (2, True)
    assert run("scan").returncode == 0
    assert run("scan", "good.zip").returncode == 0
    assert _rows(run) == [("good/b.png",), ("set/a.png",)]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("ftp://host/set.zip", "ftp:// needs settings (host)"),
        ("reference://host/set.zip", "reference:// needs settings (fo)"),
        ("dir://host/set.zip", "dir:// cannot be opened"),
        ("hdfs://host/set.zip", "hdfs:// cannot be opened"),
    ],
)
def test_addresses_that_need_settings_are_refused(run: Run, address: str, reason: str) -> None:
    done = run("scan", address)
    assert done.returncode == 2
    assert reason in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_folder_without_images_is_reported(run: Run, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "notes.txt").write_text("")
    done = run("scan", "set")
    assert done.returncode == 1
    assert "no image was found among 1 files" in done.stdout


def test_local_cfg_is_found_above_and_by_the_variable(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in" / "work").mkdir(parents=True)
    keys = ("input_datasets_path", "output_path", "tmp_cache_dir", "intermediate_outputs_path")
    (tmp_path / "in" / "local.cfg").write_text("[paths]\n" + "".join(f"{key} = index\n" for key in keys))
    message = f"error: no manifest at {tmp_path}/in/index/manifest.duckdb: run 'python -m indexer scan' first\n"
    monkeypatch.setenv("INDEXER_CONFIG", str(tmp_path / "in" / "local.cfg"))
    assert run("stats").stderr == message
    monkeypatch.delenv("INDEXER_CONFIG")
    assert run("stats", folder=tmp_path / "in" / "work").stderr == message


def test_roots_with_control_characters_are_read_again(tmp_path: Path) -> None:
    manifest = tmp_path / "m.duckdb"
    sources = [
        path_sources.PathSource(f"s{at}", name, tmp_path / name) for at, name in enumerate(("\x7f", 'a"\n', "\t"))
    ]
    path_sources.write(manifest, sources)
    assert list(path_sources.read(manifest)) == sources
