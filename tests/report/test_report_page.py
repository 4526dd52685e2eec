"""The report as a file: self-contained, equal for equal input, names escaped."""

import base64
import gzip
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from indexer.base.workers import Workers
from indexer.manifest import store
from indexer.reporting import clusters, manifest_report, page, rendering, rows
from indexer.reporting.models import MissingThumbnail, ReportOptions, Thumbnail
from tests.report.conftest import ROOT, data_of, indexer
from tests.support import gallery


def _rendered(folder: Path, name: str | None, options: ReportOptions) -> str:
    reader = manifest_report.ManifestReader({gallery.SOURCE: folder / gallery.SOURCE}, Workers(jobs=2))
    with store.open_for_reading(folder / "manifest.duckdb") as manifest:
        return page.render(manifest_report.report(manifest, name, options, reader))


def test_equal_input_gives_equal_bytes(folder: Path, report: Path) -> None:
    assert _rendered(folder, "small", ReportOptions()) == report.read_text()


def test_page_loads_no_external_file(report: Path) -> None:
    html = report.read_text().split('<script type="module">')[0]
    loaded = re.findall(r'<(?:img|script|link|iframe)[^>]*?(?:src|href)="([^"]{1,40})', html)
    assert loaded
    assert all(address.startswith("data:") for address in loaded)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)[1]
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe-eval" not in policy


def test_policy_has_the_hash_of_each_script(report: Path) -> None:
    html = report.read_text()
    for script in re.findall(r'<script type="module">(.*?)</script>', html, re.DOTALL):
        assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in html


def test_names_are_escaped(report: Path) -> None:
    html = report.read_text()
    assert "<script>document.title" not in html
    assert "&lt;script&gt;document.title" in html
    assert "\x1b" not in html
    assert "\u202e" not in html
    assert gallery.HOSTILE in data_of(html)["groups"]["generator"]  # unchanged in the data


def test_numbers_and_reasons_are_shown(report: Path) -> None:
    html = re.sub(r"\s+", " ", report.read_text())
    assert "<dt>images</dt><dd>34</dd>" in html
    assert "<bdi>SD/77</bdi>" in html  # SD/3 is its substitute
    assert "same bytes as SD/1" in html
    assert "one folder could not be read" in html
    assert '<td class="bad">1</td>' in html  # the cluster across splits
    assert "<bdi>a red fox</bdi>" in html  # the prompt in both splits


def test_every_thumbnail_has_details(report: Path) -> None:
    html = report.read_text()
    details = data_of(html)["details"]
    shown = set(re.findall(r'data-row="(\d+)"', html))
    assert shown
    assert shown == set(details)
    assert all({"origin", "path", "file_id", "licence"} <= set(row) for row in details.values())


def test_report_of_the_whole_manifest(folder: Path) -> None:
    whole = _rendered(folder, None, ReportOptions(images=1, rows=3))
    assert "The first 3 of 34" in whole
    assert "coco: undecodable" in whole or "coco: not_an_image" in whole


@pytest.mark.slow
def test_real_images_alone_have_a_page_without_shortcuts(tmp_path: Path) -> None:
    file = gallery.made(tmp_path)
    with store.open_for_writing(file) as manifest:
        manifest.execute("delete from attributes where label = 1")
    html = _rendered(tmp_path, None, ReportOptions(images=1))
    assert "<dt>images</dt><dd>16</dd>" in html
    assert "Accuracy of one trait alone" not in html
    assert data_of(html)["traits"]["trait"]


@pytest.mark.parametrize(
    ("roots", "why"),
    [({}, "its source is not on this machine"), ({gallery.SOURCE: Path("/nowhere")}, "/nowhere")],
)
def test_missing_source_only_affects_its_thumbnails(folder: Path, roots: dict[str, Path], why: str) -> None:
    with store.open_for_reading(folder / "manifest.duckdb") as manifest:
        made = manifest_report.report(
            manifest, "small", ReportOptions(images=1, pairs=0), manifest_report.ManifestReader(roots, Workers(jobs=1))
        )
    assert made.thumbnails
    assert all(isinstance(one, MissingThumbnail) and why in one.reason for one in made.thumbnails.values())


def test_unknown_selection_is_reported(folder: Path) -> None:
    done = indexer(folder, "report", "smal")
    assert done.returncode == 2
    assert "no selection 'smal' in " in done.stderr
    assert done.stderr.endswith(": did you mean 'small'?\n")


def test_missing_library_is_reported_in_one_line(folder: Path) -> None:
    code = (
        "import sys; sys.modules['vl_convert'] = None; sys.argv = ['indexer', 'report'];"
        "from indexer.__main__ import main; main()"
    )
    settings = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=settings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == "error: a report needs vl_convert: python -m pip install 'image-manifest[report]'\n"


def test_packed_rows_can_be_unpacked() -> None:
    names = ["row_id", "group_id", "file_id", "source", "path", "member", "format", "status", "text"]
    table = pa.table({name: [f"{name}{n}\x00" for n in range(450)] for name in names})
    slices = json.loads(gzip.decompress(base64.b64decode(rows.pack(table))))
    assert [len(one["file_id"]) for one in slices] == [200, 200, 50]
    assert slices[2]["file_id"][49] == "file_id449\\x00"


def test_clusters_are_connected_and_worst_first() -> None:
    places = {row: clusters.ClusterMember("train" if row < 5 else "validation", int(row == 9)) for row in range(10)}
    found = clusters.grouped("near duplicates", [(3, 2), (1, 2), (4, 6), (8, 9)], places)
    assert [(one.rows, one.crosses) for one in found] == [
        ((8, 9), ("label",)),
        ((4, 6), ("split",)),
        ((1, 2, 3), ()),
    ]


@pytest.mark.parametrize(
    ("mode", "form"), [("RGBA", "PNG"), ("P", "GIF"), ("I;16", "PNG"), ("CMYK", "JPEG"), ("1", "PNG")]
)
def test_each_image_mode_has_a_thumbnail(mode: str, form: str) -> None:
    data = gallery.picture("x", (300, 100), form, mode=mode)
    assert isinstance(thumbnail := rendering.thumbnail(data, 64), Thumbnail)
    assert (thumbnail.width, thumbnail.height) == (64, 21)


def test_bytes_that_are_no_image_have_a_reason() -> None:
    assert rendering.thumbnail(b"some text") == MissingThumbnail("not an image")
    assert rendering.thumbnail(b"GIF89a") == MissingThumbnail("undecodable")


@pytest.mark.parametrize(
    ("name", "seen"),
    [("plain", "plain"), ("a\x1b[0m\n", "a\\x1b[0m\\x0a"), ("\u202egnp", "\\u202egnp"), ("é 漢", "é 漢")],
)
def test_control_characters_are_escaped(name: str, seen: str) -> None:
    assert rendering.visible(name) == seen


def test_a_report_of_real_images_is_about_them(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "manifest.duckdb"
    copy.write_bytes((folder / "manifest.duckdb").read_bytes())
    with store.open_for_writing(copy) as opened:
        opened.execute("delete from attributes where label = 1")
    reader = manifest_report.ManifestReader({gallery.SOURCE: folder / gallery.SOURCE}, Workers(jobs=1))
    with store.open_for_reading(copy) as manifest:
        html = page.render(manifest_report.report(manifest, None, ReportOptions(images=1), reader))
    shown = html.partition("<body>")[2].partition('<script type="application/json"')[0]
    for word in ("detector", "Shortcuts", "generators</dt>", "Fake images", "predicts the label"):
        assert word not in shown
    assert "Images by origin" in shown
