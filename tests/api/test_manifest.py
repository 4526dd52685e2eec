"""``Manifest``: open, scan, query, read single images; errors have the classes and texts of the commands."""

import importlib.util
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from indexer import Manifest
from indexer.base.errors import (
    ConfigError,
    DependencyError,
    ImageError,
    ManifestError,
    ProjectError,
    QueryError,
    RecipeError,
    SourceError,
)
from tests.api.conftest import png
from tests.support.processes import running

_OPEN = "import pathlib, sys; from indexer.manifest import store; held = store.open_for_writing(pathlib.Path"


def test_import_of_the_package_loads_no_library() -> None:
    code = (
        "import sys; before = set(sys.modules); import indexer; loaded = set(sys.modules) - before;"
        "print(sorted({'duckdb', 'pyarrow', 'PIL', 'torch', 'click'} & loaded), len(loaded) < 150)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[] True\n"


def test_the_api_does_not_import_torch(manifest: Manifest) -> None:
    assert manifest.dataset("cnn").stream() is not None
    assert "torch" not in sys.modules


def test_rows_are_frames_arrow_tuples_and_dictionaries(manifest: Manifest) -> None:
    rows = manifest.sql("select file_id, label from manifest where source = 'cnn' order by file_id limit 2")
    expected = [("cnn/progan/0_real/0.png", 0), ("cnn/progan/0_real/1.png", 0)]
    assert list(rows) == rows.fetchall() == expected
    assert rows.df()["label"].tolist() == [0, 0]
    assert rows.arrow().to_pylist() == rows.dicts() == [dict(zip(rows.columns, row, strict=True)) for row in expected]
    assert (len(rows), rows.fetchone()) == (2, expected[0])
    assert rows.filter("label = 1").fetchall() == []
    assert "<td>cnn/progan/0_real/0.png</td>" in rows._repr_html_()


def test_a_query_joins_with_frames(manifest: Manifest) -> None:
    mine = pd.DataFrame({"file_id": ["cnn/progan/1_fake/3.png"], "score": [0.5]})
    rows = manifest.sql("select generator, score from manifest join mine using (file_id)", mine=mine)
    assert rows.fetchall() == [("progan", 0.5)]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select genrator from manifest", 'Referenced column "genrator" not found'),
        ("select split from manifest", "a column that a declaration adds is extra['split']"),
        ("from manifest where label = 'fake'", "a label is 0 (real) or 1 (fake)"),
        ("from manifst", "Did you mean 'manifest'?"),
        ("drop table member", "give one SELECT"),
        ("select * from 'x.csv'", "x.csv does not exist"),
        ("select 1; select 2", "give one SELECT"),
        ("", "give one SELECT"),
    ],
)
def test_a_wrong_query_is_a_query_error_of_one_line(manifest: Manifest, query: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        manifest.sql(query)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_traced_and_missing_libraries_are_one_line(manifest: Manifest, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.png cannot be read: No such file"):
        manifest.trace(tmp_path / "none.png")
    assert ("same bytes", None, "Pictures/root.png") in [row[:3] for row in manifest.trace(png("blue"))]
    if importlib.util.find_spec("polars") is None:
        with pytest.raises(DependencyError, match="python -m pip install polars"):
            manifest.sql("select 1").pl()


def test_an_image_is_read_from_its_archive(manifest: Manifest) -> None:
    assert manifest.read("cnn/progan/1_fake/0.png") == png("blue")
    assert manifest.image("cnn/progan/0_real/0.png").getpixel((0, 0)) == (0, 128, 0)
    assert manifest.image("Pictures/2024/ä b.png").size == (24, 16)
    assert manifest.read("packed/one.png") == png("blue")


def test_an_unknown_file_id_names_the_nearest_one(manifest: Manifest) -> None:
    with pytest.raises(ImageError) as caught:
        manifest.image("cnn/progan/1_fake/0.jpg")
    assert str(caught.value) == (
        f"no image 'cnn/progan/1_fake/0.jpg' in {manifest.path}: did you mean 'cnn/progan/1_fake/0.png'?"
    )
    with pytest.raises(ImageError, match="no image '3' in"):
        manifest.image(3)  # type: ignore[arg-type]


def test_a_moved_source_is_named(tmp_path: Path) -> None:
    (tmp_path / "loose").mkdir()
    (tmp_path / "loose" / "1.png").write_bytes(png("red"))
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr("1.png", png("blue"))
    made = Manifest.scan(tmp_path / "loose", tmp_path / "set.zip", manifest=tmp_path / "manifest.duckdb", jobs=1)
    for name, file_id in (("loose", "loose/1.png"), ("set.zip", "set/1.png")):
        (tmp_path / name).rename(tmp_path / f"moved {name}")
        with pytest.raises(SourceError, match=re.escape(f"{tmp_path / name}") + r"[: ](?!.*zip/set).*restore it"):
            made.read(file_id)


def test_a_damaged_image_names_itself_its_place_and_the_reason(manifest: Manifest) -> None:
    with pytest.raises(ImageError) as caught:
        manifest.image("Pictures/torn.png")
    assert str(caught.value).startswith("Pictures/torn.png: truncated")
    assert str(caught.value).endswith(f"({manifest.path.parent}/Pictures/torn.png)")


def test_an_open_manifest_can_be_written_by_another_process(manifest: Manifest) -> None:
    manifest.sql("select 1")
    subprocess.run([sys.executable, "-c", f"{_OPEN}({str(manifest.path)!r}))"], check=True)


def test_a_manifest_that_is_written_names_the_writer(manifest: Manifest) -> None:
    code = f"{_OPEN}({str(manifest.path)!r})); print('held', flush=True); sys.stdin.read()"
    with running([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdin is not None
        writer.stdout.readline()
        with pytest.raises(ManifestError, match=rf"is open in another program, .*\(PID {writer.pid}\): close it"):
            manifest.sql("select 1")
        writer.stdin.close()


def test_a_missing_manifest_has_the_text_of_the_command(tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as caught:
        Manifest.open(tmp_path / "none.duckdb")
    assert str(caught.value) == f"no manifest at {tmp_path}/none.duckdb: run 'python -m indexer scan' first"


def test_a_missing_path_and_a_path_inside_another_are_errors(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    for paths, message in (([tmp_path / "none"], "does not exist"), ([tmp_path / "a", tmp_path / "a/b"], "is inside")):
        with pytest.raises(ConfigError, match=message):
            Manifest.scan(*paths, manifest=tmp_path / "m.duckdb")
    assert not (tmp_path / "m.duckdb").exists()


def test_a_folder_without_images_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.warns(UserWarning, match="empty: .*empty contains no files"):
        found = Manifest.scan(tmp_path / "empty", manifest=tmp_path / "m.duckdb")
    assert len(found) == 0


def test_scan_of_an_open_manifest_adds_to_it(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.png").write_bytes(png("red"))
    found = Manifest.scan(tmp_path / "a", manifest=tmp_path / "m.duckdb")
    again = found.scan(tmp_path / "b")
    assert again.path == tmp_path / "m.duckdb"
    assert [row[0] for row in Manifest.open(tmp_path / "m.duckdb").sql("select file_id from manifest order by 1")] == [
        "a/x.png",
        "b/x.png",
    ]


def test_the_manifest_shows_its_sources(manifest: Manifest) -> None:
    assert repr(manifest) == f"Manifest('{manifest.path}': 17 images)"
    assert "<td>cnn</td>" in manifest._repr_html_()
    assert next(row[:4] for row in manifest.sources()) == ("cnn", "cnn", 12, 6)


def test_an_unknown_selection_names_the_nearest_one(manifest: Manifest) -> None:
    for call in (manifest.inspect, manifest.dataset):
        with pytest.raises(RecipeError, match=r"no selection 'cn' in .*: did you mean 'cnn'\?"):
            call("cn")


def test_every_error_of_the_api_is_a_project_error() -> None:
    assert all(issubclass(kind, ProjectError) for kind in (ConfigError, ImageError, ManifestError, QueryError))
