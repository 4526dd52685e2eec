"""The declarations of the origins index downloaded images: tar shards, files, and the published fake part."""

import csv
from dataclasses import replace

import datasets
import pytest

from indexer import declarations
from indexer.base import resources
from indexer.fetching.lists import KNOWN_LISTS
from indexer.manifest import store
from indexer.scanning import ScanOptions, scan
from tests.support.webserver import image


def rows(tmp_path, key, root):
    """Scan ``root``; return file_id, generator, paired real images and status of each image."""
    with store.open_for_writing(tmp_path / "manifest.duckdb") as manifest:
        scan(manifest, {key: root}, declarations.load([resources.sources_folder()]), ScanOptions())
        query = "select file_id, generator, paired_real_images, status from attributes order by file_id"
        assert manifest.execute("select detail from derivation_error") == []
        return manifest.execute(query)


@pytest.mark.parametrize("layout", ["files", "webdataset"])
def test_raise_download_is_indexed(server, download, tmp_path, layout):
    job = download([])
    names = ["r001t", "r002t", "r003t"]
    with job.list.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["File", "NEF", "TIFF"])
        writer.writerows([name[:-1], "", f"{server.url}/tiff/{name}.TIF"] for name in names)
    job.run(layout, parts=KNOWN_LISTS["raise"])
    assert rows(tmp_path, "raise", job.to) == [(f"RAISE/{name}", "", [], "ok") for name in names]


@pytest.mark.parametrize("layout", ["files", "webdataset"])
def test_polardiffshield_download_is_indexed(server, download, tmp_path, layout):
    job = download([])
    parts = [replace(part, prefix="http://") for part in KNOWN_LISTS["polardiffshield"]]
    with job.list.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["ID", "prompt", "md ver", "sd 1.x model", "ff modelVersion", *(part.column for part in parts)])
        for number, version in enumerate(("5", "5.1")):
            address = f"{server.url.removeprefix('http://')}/png/{number}.png"
            writer.writerow([f"{number:04d}", "a cat", version, f"1-{number + 1}", number + 1, *[address] * 8])
    job.run(layout, parts=parts)
    found = rows(tmp_path, "polardiffshield", job.to)
    assert len(found) == 16
    assert ("Polardiffshield/midjourney/00000000", "Midjourney 5", [], "ok") in found
    assert ("Polardiffshield/midjourney/00000001", "Midjourney 5.1", [], "ok") in found
    assert ("Polardiffshield/Stable-Diffusion/00000001", "Stable Diffusion 1.2", [], "ok") in found


def test_laion_download_is_indexed(server, download, tmp_path):
    job = download([])
    job.list.write_text(f'[{{"url": "{server.url}/jpeg/1", "description": "d", "id": "0000000123"}}]')
    job.run("webdataset", list=job.list.rename(job.list.with_suffix(".json")), parts=KNOWN_LISTS["laion"])
    assert rows(tmp_path, "laion400m_elsad3_real_validation", job.to) == [("LAION-400M/123", "", [], "ok")]


def fakes():
    return datasets.Dataset.from_dict(
        {
            "image": [{"bytes": image(number), "path": None} for number in range(2)],
            "label": [1, 1],
            "generator": ["Stable Diffusion 2.1", "ADM"],
            "file_id": ["DRCT/stable-diffusion-2-1/train2017/000000149832", "GenImage/ADM/train/ai/0_adm_31"],
            "description": ["", "tench"],
            "positive_prompt": ["a cat", ""],
            "negative_prompt": ["", ""],
            "conditioning": ["text", "class/imagenet_0"],
            "origin_dataset": ["DRCT-2M/train", "GenImage/train"],
            "paired_real_images": [["COCO2017_train/000000149832", "RAISE/r01t"], []],
        }
    ).cast_column("image", datasets.Image())


@pytest.mark.parametrize("form", ["parquet", "saved"])
def test_published_fake_part_is_indexed(tmp_path, form):
    root = tmp_path / "fakes"
    (root / "data").mkdir(parents=True)
    if form == "parquet":
        fakes().to_parquet(root / "data/train-00000-of-00001.parquet")
    else:
        datasets.DatasetDict({"train": fakes()}).save_to_disk(root)
    paired = ["COCO2017_train/149832", "RAISE/r01t"]
    assert rows(tmp_path, "aigenbench_fake_part", root) == [
        ("DRCT/stable-diffusion-2-1/train2017/000000149832", "Stable Diffusion 2.1", paired, "ok"),
        ("GenImage/ADM/train/ai/0_adm_31", "ADM", [], "ok"),
    ]
