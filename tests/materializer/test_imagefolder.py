"""Loose images in folders, opened by the readers of such folders."""

import csv
import gc
import os

import datasets
import duckdb
import pytest
from PIL import Image

from indexer.base.errors import ConfigError
from indexer.base.workers import Workers
from materializer.dataset.verify import verify
from materializer.shards.formats.imagefolder import DEFAULT_LAYOUT, check_layout, image_path
from tests.materializer.conftest import tree

HERE = Workers(2, "threading")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # datasets leaves files open
def test_folders_open_with_datasets(site, images, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    site.built(images, format="imagefolder", feature="standard")
    out = site.folder / "out"
    by_card = datasets.load_dataset(str(out), cache_dir=str(tmp_path / "cache"))
    by_name = datasets.load_dataset("imagefolder", data_dir=str(out), cache_dir=str(tmp_path / "other"))
    expected = sorted(file_id for _, file_id in stored_ids(out, "train"))
    for found in (by_card, by_name):
        assert {name: len(split) for name, split in found.items()} == {"train": 40, "validation": 12}
        assert sorted(found["train"]["file_id"]) == expected
        assert found["train"][0]["image"].size == (24, 16)
        assert {*found["train"]["label"]} <= {0, 1}
    del found, by_card, by_name
    gc.collect()  # the warnings about unclosed files belong to this test


def stored_ids(out, split):
    with (out / split / "metadata.csv").open(newline="") as file:
        return [(row["file_name"], row["file_id"]) for row in csv.DictReader(file)]


def test_summary_counts_the_bytes_of_loose_images(site, images):
    summary = site.lay_out(images).build(format="imagefolder", feature="standard")
    stored = [path.stat().st_size for path in (site.folder / "out").rglob("*") if path.suffix in (".jpg", ".png")]
    lists = [path.stat().st_size for path in (site.folder / "out/record/images").iterdir()]
    assert summary.size == sum(stored) + sum(lists)
    assert verify(site.folder / "out", None, Workers(1, "threading")).size == summary.size


def test_class_folders_are_those_of_detectors(site, images):
    site.built(images, format="imagefolder", feature="standard", layout="{split}/{label}/{generator}/{name}")
    classes = sorted(entry.name for entry in os.scandir(site.folder / "out/train") if entry.is_dir())
    assert {*classes} <= {"0_real", "1_fake"}  # as torchvision.datasets.ImageFolder finds its classes
    names = [name for name, _ in stored_ids(site.folder / "out", "train")]
    assert len(names) == 40 == len(list((site.folder / "out/train").rglob("*.*"))) - 1
    for name in names:
        with Image.open(site.folder / "out/train" / name) as image:
            assert image.mode == "RGB"


@pytest.mark.slow
def test_workers_and_interruptions_have_no_effect(site, images):
    site.built(images, format="imagefolder", feature="standard")
    first = tree(site.folder / "out")
    site.build("other", jobs=1, format="imagefolder", feature="standard")
    assert tree(site.folder / "other") == first
    (site.folder / "other/record/images/train-00001-of-00004.csv").unlink()
    (site.folder / "other/train/stray.jpg").write_bytes(b"of an attempt that was given up")
    site.build("other", format="imagefolder", feature="standard")
    assert tree(site.folder / "other") == first


def test_texts_with_any_characters_are_kept(site, images, tmp_path):
    text = 'a cat\ron a mat, "quoted"\n' + "x" * 200_000
    site.lay_out(images[:6])
    with duckdb.connect(str(site.manifest)) as manifest:
        manifest.execute("update attributes set description = ?", [text])
    site.build(format="imagefolder", feature="standard")
    with (site.folder / "out/train/metadata.csv").open(newline="", encoding="utf-8") as file:
        assert {row["description"] for row in csv.DictReader(file)} == {text}
    assert verify(site.folder / "out", None, HERE).differences == ()


def test_a_damaged_list_is_a_difference(site, images):
    site.built(images[:6], format="imagefolder", feature="standard")
    shard = next((site.folder / "out/record/images").glob("train-*.csv"))
    shard.write_bytes(b'"' + shard.read_bytes().replace(b'"', b""))
    assert shard.relative_to(site.folder / "out").as_posix() in {
        one.where for one in verify(site.folder / "out", None, HERE).differences
    }


@pytest.mark.parametrize("damage", ["change", "remove", "link"])
def test_damaged_images_are_found_and_written_again(site, images, damage):
    site.built(images, format="imagefolder", feature="standard")
    out = site.folder / "out"
    first = tree(out)
    file = out / "train" / stored_ids(out, "train")[5][0]
    if damage == "change":
        file.write_bytes(file.read_bytes() + b"0")
    else:
        file.unlink()
    if damage == "link":
        file.symlink_to("/etc/hostname")
    assert verify(out, None, HERE).differences != ()
    site.build(format="imagefolder", feature="standard")
    assert tree(out) == first
    assert not file.is_symlink()


def row(**values):
    return {"split": "train", "generator": "Flux", "label": 1, "origin": "A", "file_id": "A/x/1.png"} | values


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({}, "train/Flux/1_fake/1-"),
        ({"generator": "", "label": 0}, "train/real/0_real/1-"),
        ({"generator": "Stable Diffusion 1.4/x"}, "train/Stable_Diffusion_1.4_x-"),
        ({"generator": "../.."}, "train/0cfd1c96/1_fake/1-"),
        ({"generator": "通义万相"}, "train/"),
        ({"generator": "SD 1.5"}, "train/SD_1.5/1_fake/1-"),
        ({"generator": "SD_1.5"}, "train/SD_1.5/1_fake/1-"),
        ({"file_id": "A/../.hidden"}, "train/Flux/1_fake/hidden-"),
        ({"file_id": "A/" + "é" * 300}, "train/Flux/1_fake/"),
    ],
)
def test_names_are_safe(values, path):
    found = image_path(DEFAULT_LAYOUT, row(**values), "png")
    assert found.startswith(path)
    assert found.endswith(".png")
    assert found.isascii()
    assert len(found.rpartition("/")[2]) < 128


def test_names_are_unique_where_names_differ_by_unsafe_characters_only():
    names = {image_path(DEFAULT_LAYOUT, row(file_id=name), "png").lower() for name in ("A/a b", "A/a_b", "A/A?b")}
    assert len(names) == 3


@pytest.mark.parametrize(
    "layout", ["{split}/{x}/{name}", "{name}", "../{split}/{name}", "{split}/../{name}", "{split}/x"]
)
def test_wrong_layout_is_refused(layout):
    with pytest.raises(ConfigError, match="--layout"):
        check_layout(layout)
