"""The report of a built dataset, with and without a manifest, and of a dataset without a build record."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from indexer.base.errors import OutputError, SourceError
from indexer.base.workers import Workers
from indexer.manifest import store
from indexer.reporting import page
from indexer.reporting.models import ReportOptions
from materializer.models import Request, Settings
from materializer.report import DatasetReader, report
from materializer.running.build import build
from tests.report.conftest import data_of, indexer, opened
from tests.support import gallery

if TYPE_CHECKING:
    from selenium import webdriver

WORKERS = Workers(jobs=1)


def _built(folder: Path, name: str, settings: Settings) -> Path:
    request = Request("small", folder / name, {gallery.SOURCE: folder / gallery.SOURCE}, folder, settings)
    with store.open_for_reading(folder / "manifest.duckdb") as manifest:
        build(manifest, request, WORKERS)
    return folder / name


@pytest.fixture(scope="module")
def dataset(folder: Path) -> Path:
    """Build the selection as Arrow in several shards."""
    return _built(folder, "built", Settings(shard_size=100_000))


def _rendered(dataset: Path, manifest: store.Store) -> str:
    with manifest as opened_manifest:
        return page.render(report(opened_manifest, dataset, ReportOptions(), DatasetReader(WORKERS)))


@pytest.mark.slow
def test_details_name_the_original_files(folder: Path, dataset: Path) -> None:
    html = _rendered(dataset, store.open_for_reading(folder / "manifest.duckdb"))
    details = data_of(html)["details"]
    assert {row["source"] for row in details.values()} == {"coco"}
    fake = next(row for row in details.values() if row["file_id"] == "SD/1")
    assert (fake["path"], fake["licence"], fake["format"]) == ("SD/1.png", "CC0 for tests", "PNG")
    assert fake["shard"].startswith("data-0000")
    assert html.count("data:image/webp") >= len(details)
    assert "refused, no spare left" in html  # the broken image
    assert "equal bytes" in html  # the duplicate


@pytest.mark.slow
def test_report_without_a_manifest(folder: Path, dataset: Path) -> None:
    done = indexer(folder, "report", "built", "--no-manifest", "--output", "b.html", "--quiet", program="materializer")
    assert (done.returncode, done.stderr) == (0, "")
    html = (folder / "b.html").read_text()
    assert html == _rendered(dataset, store.in_memory())
    assert "<dt>images</dt><dd>33</dd>" in re.sub(r"\s+", " ", html).replace("> <", "><")


@pytest.mark.slow
def test_parquet_gives_the_same_groups(folder: Path, dataset: Path) -> None:
    parquet = _built(folder, "parquet", Settings(format="parquet"))
    groups = [data_of(_rendered(one, store.in_memory()))["groups"] for one in (dataset, parquet)]
    assert groups[0] == groups[1]


def test_dataset_without_a_build_record(tmp_path: Path) -> None:
    """The output of ``save_to_disk``, with fewer columns than a build and no record."""
    data = gallery.picture("x", (64, 48), "JPEG", quality=80)
    rows = {"image": [{"bytes": data, "path": None}] * 3, "label": [0, 1, 1], "generator": ["", "A", "A"],
            "file_id": ["r", "f", "g"], "origin_dataset": ["R", "F", "F"]}  # fmt: skip
    table = pa.table(rows)
    with pa.ipc.new_stream(str(tmp_path / "data-00000-of-00001.arrow"), table.schema) as stream:
        stream.write_table(table)
    (tmp_path / "state.json").write_text(json.dumps({"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}))
    data = data_of(_rendered(tmp_path, store.in_memory()))
    assert data["groups"]["images"] == [1, 2]
    assert {row["jpeg_quality"] for row in data["details"].values()} == {80}


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_missing_dataset_is_reported_in_one_line(folder: Path, name: str) -> None:
    with pytest.raises(SourceError, match=r"cannot be read .*: name a folder that a build or"):
        _rendered(folder / name, store.in_memory())


def test_damaged_shard_is_reported_in_one_line(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text(json.dumps({"_data_files": [{"filename": "x.arrow"}]}))
    (tmp_path / "x.arrow").write_bytes(b"no arrow at all")
    with pytest.raises(OutputError, match=r"x\.arrow cannot be read"):
        _rendered(tmp_path, store.in_memory())


@pytest.mark.slow
def test_report_opens_in_a_browser(browser: "webdriver.Chrome", folder: Path, dataset: Path) -> None:
    file = folder / "dataset-report.html"
    file.write_text(_rendered(dataset, store.open_for_reading(folder / "manifest.duckdb")))
    shown = opened(browser, file.as_uri())
    assert shown.get_log("browser") == []
    shown.find_element("css selector", ".sheet .thumb").click()
    assert "Shard" in shown.find_element("css selector", "#detail dl").text
