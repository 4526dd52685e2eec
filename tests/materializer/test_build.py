"""The contents of a build, which depend on nothing but selection, sources and settings."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import datasets
import pyarrow.parquet as pq
import pytest

import materializer.large_image  # noqa: F401 - registers the feature
from indexer.base.workers import Workers
from indexer.manifest import store as stores
from materializer.dataset.convert import finalize
from materializer.models import Feature, Pixels, Settings
from materializer.running.spill import spill_container
from materializer.shards import schema as columns
from tests.images.test_stripping import image as image_with_metadata
from tests.materializer.conftest import tree
from tests.support.slow_image import slow_jpeg


def rows(site, name="out"):
    return pq.read_table(site.folder / name / "record" / "rows").to_pylist()


def test_rgb_images_are_copied_unchanged(site, images):
    site.lay_out(images).build(check="header")
    dataset = datasets.load_from_disk(str(site.folder / "out"))["train"].cast_column(
        "image", datasets.Image(decode=False)
    )
    source = {image.file_id: image.data for image in images}
    recorded = {row["file_id"]: row for row in rows(site)}
    kept = [row for row in dataset if recorded[row["file_id"]]["transform"] == "verbatim"]
    assert len(kept) == 40 - 5
    for row in kept:
        assert row["image"]["bytes"] == source[row["file_id"]]
        assert recorded[row["file_id"]]["source_sha256"] == hashlib.sha256(row["image"]["bytes"]).hexdigest()


@pytest.mark.slow
def test_stripped_build_has_the_pixels_of_a_verbatim_one_and_is_another_build(site, images):
    for at, name in ((5, "JPEG turned"), (6, "PNG")):
        images[at] = replace(images[at], data=image_with_metadata(name))
    site.lay_out(images).build("kept", pixels=Pixels.VERBATIM)
    site.build("bare", pixels=Pixels.VERBATIM, strip_metadata=True)
    kept, bare = ({row["file_id"]: row for row in rows(site, name)} for name in ("kept", "bare"))
    assert kept.keys() == bare.keys()
    stripped = {file_id for file_id, row in bare.items() if row["transform"] == "metadata_stripped"}
    assert {images[5].file_id, images[6].file_id} <= stripped
    assert {row["transform"] for row in kept.values()} == {"verbatim"}
    one, other = (datasets.load_from_disk(str(site.folder / name))["train"] for name in ("kept", "bare"))
    for first, second in zip(one, other, strict=True):
        assert first["file_id"] == second["file_id"]
        assert first["image"].tobytes() == second["image"].tobytes()
        if first["file_id"] in stripped:
            assert not second["image"].info.keys() & {"parameters", "icc_profile", "comment"}
    described = json.loads((site.folder / "bare" / "build.json").read_text())
    assert described["settings"]["strip_metadata"] is True
    assert "strip_metadata" not in json.loads((site.folder / "kept" / "build.json").read_text())["settings"]
    assert "without metadata" in (site.folder / "bare" / "README.md").read_text()


def test_card_of_a_matched_selection_shows_the_differences_and_is_kept_by_finalize(site, images):
    site.lay_out(images[:-6])  # no spares
    with stores.open_for_writing(site.manifest) as store:
        store.execute("insert into selection_trait values ('main', 'wi|dth', 'ratio 1.09', 1.5, 0.01, 0.8, 0)")
        store.execute("insert into selection_shortcut values ('main', 'format', 0.9, 0.5, 0.5), ('x', 'y', 1, 1, 1)")
    summary = site.build()
    assert summary.missing == 2
    assert "no longer balanced" in summary.loss
    card = (site.folder / "out" / "README.md").read_text()
    assert "| wi\\|dth | standardised mean difference | 1.500 | 0.010 |" in card
    assert "| wi\\|dth (ratio 1.09) | imbalance of bins | 0.800 | 0.000 |" in card
    assert "| format | balanced accuracy of predicting the label | 0.900 | 0.500 |" in card
    finalize(site.folder / "out", site.folder / "standard", None, Workers(1, "threading"))
    section = card[card.index("## Matching") : card.index("## Digests")]
    assert section in (site.folder / "standard" / "README.md").read_text()


def test_other_images_become_rgb_png_and_are_recorded(site, images):
    site.lay_out(images).build()
    dataset = datasets.load_from_disk(str(site.folder / "out"))["train"]
    transforms = {row["file_id"]: row["transform"] for row in rows(site) if row["transform"] != "verbatim"}
    converted = [row for row in dataset if row["file_id"] in transforms]
    assert sorted(text.split(" to ")[0] for text in transforms.values()) == [
        "JPEG CMYK",
        "PNG I;16",
        "PNG L",
        "PNG P",
        "PNG RGBA",
    ]
    assert all(row["image"].mode == "RGB" and row["image"].format == "PNG" for row in converted)


OTHER_PACKINGS = [pytest.param(packing, marks=pytest.mark.slow) for packing in ("deflate", "tar.gz", "7z")]


@pytest.mark.parametrize("packing", ["stored", *OTHER_PACKINGS])
def test_packing_workers_and_backend_do_not_change_a_byte(site, images, packing):
    site.lay_out(images).build("reference", jobs=1)
    other = type(site)(site.folder / "other").lay_out(images, packing)
    for jobs, backend in [(1, "loky"), (2, "loky"), (4, "threading")]:
        other.build(f"{jobs}{backend}", jobs, backend)
        assert tree(other.folder / f"{jobs}{backend}") == tree(site.folder / "reference")


def test_refused_rows_are_replaced_by_the_next_usable_spares(site, images):
    summary = site.lay_out(images).build()
    refused = pq.read_table(site.folder / "out/record/refused.parquet").to_pylist()
    assert summary.splits == {"train": 40, "validation": 12}
    assert (summary.refused, summary.missing) == (2, 0)
    assert [(row["file_id"], row["reason"], row["substitute"]) for row in refused] == [
        ("train/sampled/0003", "truncated", "train/spare/0201"),
        ("train/sampled/0030", "not_an_image", "train/spare/0202"),
        ("train/spare/0200", "empty", None),
    ]
    places = {row["file_id"]: (row["position"], row["substituted_for"]) for row in rows(site)}
    assert places["train/spare/0201"] == (refused[0]["position"], "train/sampled/0003")


def test_an_image_that_hangs_its_decoder_is_refused_alone(site, images):
    images = [images[0], replace(images[1], data=slow_jpeg(20_000)), images[-1]]
    summary = site.lay_out(images).build(backend="loky", image_seconds=0.5)
    refused = pq.read_table(site.folder / "out/record/refused.parquet").to_pylist()
    assert [(row["file_id"], row["reason"]) for row in refused] == [("train/sampled/0001", "crashed")]
    assert refused[0]["detail"] == "took longer than its time limit"
    assert summary.splits == {"train": 2}


def _crash(task):
    """Spill an archive of which two members crash their reader; the progress file is right for one of them."""
    if {7, 12} & {*task.rows["ordinal"].to_pylist()}:
        task.folder.mkdir(parents=True, exist_ok=True)
        task.progress.write_text("7")
        os.kill(os.getpid(), signal.SIGSEGV)
    spill_container(task)


@pytest.mark.slow
def test_a_member_that_crashes_its_reader_is_refused_alone(site, images, monkeypatch):
    site.lay_out(images, "7z")
    site.build("whole")
    monkeypatch.setattr("materializer.running.spill.spill_container", _crash)
    with stores.open_for_reading(site.manifest) as store:
        ordinals = "select m.ordinal, a.file_id from member m join attributes a using (member_id)"
        names = dict(store.execute(ordinals))
    summary = site.build(backend="loky", jobs=2)
    refused = pq.read_table(site.folder / "out/record/refused.parquet").to_pylist()
    crashed = {row["file_id"]: row["detail"] for row in refused if row["reason"] == "crashed"}
    assert crashed == dict.fromkeys([names[7], names[12]], "crashed its reader (SIGSEGV)")
    assert summary.refused == 4
    stored = {row["file_id"]: row["source_sha256"] for row in rows(site, "whole")}
    assert all(stored.get(row["file_id"], row["source_sha256"]) == row["source_sha256"] for row in rows(site))


def test_without_spares_a_row_is_missing_and_leaves_a_gap(site, images):
    summary = site.lay_out([image for image in images if image.role != "spare"]).build()
    assert (summary.splits["train"], summary.missing) == (38, 2)
    assert {row["position"] for row in rows(site) if row["split"] == "train"} < set(range(40))


@pytest.mark.slow
def test_a_standard_build_opens_without_this_project(site, images, tmp_path):
    site.lay_out(images).build(feature=Feature.STANDARD)
    script = (
        "import datasets, sys; dataset = datasets.load_from_disk(sys.argv[1]);"
        "assert not any(name.startswith(('materializer', 'indexer')) for name in sys.modules);"
        "print({name: len(split) for name, split in dataset.items()}, dataset['train'][0]['image'].size)"
    )
    run = [sys.executable, "-I", "-c", script, str(site.folder / "out")]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "{'train': 40, 'validation': 12} (24, 16)\n"


@pytest.mark.parametrize("settings", [*(Settings(feature=one) for one in Feature), Settings(variants=("native",))])
def test_columns_agree_with_datasets(settings):
    info = datasets.DatasetInfo.from_dict({"features": columns.features(settings)})
    assert info.features.arrow_schema.equals(columns.schema(settings))
    note = json.loads(columns.schema(settings).metadata[b"huggingface"])
    assert datasets.Features.from_dict(note["info"]["features"]) == info.features
    assert list(info.features)[:4] == ["image", "height", "width", "label"]


@pytest.mark.slow
def test_a_plan_in_many_ranges_is_the_same(site, images, monkeypatch):
    site.lay_out(images).build()
    monkeypatch.setattr("materializer.planning.plan.LOT_ROWS", 7)
    site.build("lots")
    assert tree(site.folder / "lots") == tree(site.folder / "out")


@pytest.mark.slow
def test_copy_is_read_instead_of_an_unreadable_image(site, images):
    sound = images[4].data
    site.lay_out(images)
    bad = images[3].file_id
    (site.root / "copies").mkdir()
    for name, data in (("worse.jpg", b"nothing"), ("sound.jpg", sound)):
        (site.root / "copies" / name).write_bytes(data)
    with stores.open_for_writing(site.manifest) as store:
        [(member,)] = store.execute("select member_id from attributes where file_id = $id", {"id": bad})
        for rank, name in enumerate(("worse.jpg", "sound.jpg")):
            status = (site.root / "copies" / name).stat()
            store.execute(
                f"insert into member select * replace ({9_000 + rank} as member_id, {9_000 + rank} as ordinal,"
                f" 'copies/{name}' as path, {status.st_size} as size, {status.st_size} as packed_size,"
                f" {status.st_mtime_ns} as mtime_ns) from member where member_id = {member}"
            )
            store.execute(
                f"insert into other_copy by name select * replace ({9_000 + rank} as member_id), {rank} as rank"
                f" from attributes where member_id = {member}"
            )
    site.build()
    [row] = [row for row in rows(site) if row["file_id"] == bad]
    assert row["source_sha256"] == hashlib.sha256(sound).hexdigest()
    refused = pq.read_table(site.folder / "out/record/refused.parquet").to_pylist()
    assert bad not in {row["file_id"] for row in refused}
    before = tree(site.folder / "out")
    site.build()
    assert tree(site.folder / "out") == before
