"""Builds with --columns: values of extra as columns, companions as image columns, from any packing."""

import csv
import io
import re
import tarfile
import zipfile
from dataclasses import replace
from functools import partial

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import materializer.large_image  # noqa: F401 - registers the feature
from indexer.base import resources
from indexer.base.errors import ConfigError, RecipeError
from indexer.base.workers import Workers
from indexer.declarations import load
from indexer.images import ImageLimits
from indexer.manifest import store as stores
from indexer.scanning import ScanOptions, scan
from materializer.dataset.build_folder import read_build
from materializer.dataset.convert import finalize
from materializer.dataset.verify import verify
from materializer.models import Feature, Request, RowOrder, Settings
from materializer.planning import plan as planning
from materializer.running.build import build
from materializer.shards.schema import parse_columns

README = (resources.sources_folder() / "README.md").read_text(encoding="utf-8")
EDITS = dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```$", README, re.M | re.S))["edits.toml"]
CELLS = """
name = "Edits"
[defaults.extra]
platform = "web"
[[rule]]
path = '(?P<id>[0-9]+)/mask'
companion = "mask"
file_id = "Edits/web/mask/{id}"
[[rule]]
path = '(?P<id>[0-9]+)/image'
file_id = "Edits/web/edit/{id}"
generator = "LaMa"
kind = "tampered"
[rule.companions]
mask = "Edits/web/mask/{id}"
"""
COLUMNS = ("kind", "extra.platform", "companions.mask")
MASKED = (1, 2, 4)


def encoded(number, mode="RGB"):
    shape = (16, 24, 3) if mode == "RGB" else (16, 24)
    noise = np.random.default_rng(number).integers(0, 256, shape, np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "PNG")
    return out.getvalue()


MASKS = {number: encoded(100 + number, "L") for number in MASKED}
FILES = {f"edits/web/edit/{number}.png": encoded(number) for number in range(6)}
FILES |= {f"edits/web/masks/{number}.png": data for number, data in MASKS.items()}


def in_zip(root):
    with zipfile.ZipFile(root / "edits.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in FILES.items():
            archive.writestr(name, data)


def in_tar(root):
    with tarfile.open(root / "edits.tar.gz", "w:gz") as archive:
        for name, data in sorted(FILES.items(), reverse=True):  # masks come first
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def loose(root):
    for name, data in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)


def in_parquet(root, **options):
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    images = [{"bytes": encoded(number), "path": None} for number in range(6)]
    masks = [{"bytes": MASKS[number], "path": None} if number in MASKED else None for number in range(6)]
    pq.write_table(
        pa.table({"image": pa.array(images, kind), "mask": pa.array(masks, kind)}), root / "edits.parquet", **options
    )


def in_pages(root):
    """Write one page per image: cells are slices of the file."""
    in_parquet(
        root, compression="none", use_dictionary=False, data_page_size=1, write_batch_size=1, write_page_index=True
    )


PACKINGS = {"zip": in_zip, "tar.gz": in_tar, "folder": loose, "parquet": in_parquet, "parquet pages": in_pages}


@pytest.fixture
def request_of(tmp_path):
    """Return a function: packing and settings -> manifest and request of a selection of all images."""

    def made(packing="zip", name="out", **settings):
        folder = tmp_path / packing
        manifest = folder / "manifest.duckdb"
        if not folder.exists():
            (folder / "edits").mkdir(parents=True)
            (folder / "sources").mkdir()
            PACKINGS[packing](folder / "edits")
            (folder / "sources/edits.toml").write_text(CELLS if "parquet" in packing else EDITS)
            with stores.open_for_writing(manifest) as store:
                scan(store, {"edits": folder / "edits"}, load([folder / "sources"]), ScanOptions(Workers(jobs=1)))
                store.execute(
                    "insert into selection by name select 'all' as name, 'train' as split, file_id, 'listed' as role,"
                    " '' as stratum, row_number() over (order by file_id) - 1 as position from attributes"
                )
                run = "select 'all' as name, '' as recipe, '' as recipe_hash, '7' as seed"
                store.execute(f"insert into selection_run by name {run}")
        settings = Settings(**{"columns": COLUMNS, **settings})
        roots, limits = {"edits": folder / "edits"}, ImageLimits()
        return manifest, Request(
            "all", folder / name, roots, folder / "scratch", settings, image_limits=limits, allow_missing=True
        )

    return made


def built(manifest, request):
    with stores.open_for_reading(manifest) as store:
        summary = build(store, request, Workers(1, "threading"))
    assert verify(request.output, None, Workers(1, "threading")).differences == ()
    assert read_build(request.output).settings == request.settings
    return summary


def checked(rows):
    """Check that the images of six rows have their masks, byte for byte."""
    assert len(rows) == 6
    for row in rows:
        number = int(row["file_id"].rpartition("/")[2])
        assert (row["kind"], row["platform"]) == ("tampered", "web")
        assert row["image"]["bytes"] == encoded(number)
        assert row["mask"] == ({"bytes": MASKS[number], "path": f"{number}.png"} if number in MASKED else None)


@pytest.mark.parametrize(
    ("packing", "feature"),
    [
        ("zip", Feature.LARGE),
        ("tar.gz", Feature.STANDARD),
        ("folder", Feature.STANDARD),
        ("parquet", Feature.LARGE),
        ("parquet pages", Feature.LARGE),
    ],
)
def test_companions_are_stored_unchanged_from_any_packing(request_of, packing, feature):
    manifest, request = request_of(packing, feature=feature, order=RowOrder.SELECTION)
    built(manifest, request)
    found = datasets.load_from_disk(str(request.output))["train"]
    assert found.column_names[-3:] == ["kind", "platform", "mask"]
    undecoded = type(found.features["mask"])(decode=False)
    checked(found.cast_column("image", undecoded).cast_column("mask", undecoded).to_list())
    assert found[1]["mask"].mode == "L"
    assert found[0]["mask"] is None


def test_finalize_converts_companions(request_of):
    manifest, request = request_of("zip", order=RowOrder.SELECTION)
    built(manifest, request)
    finalize(request.output, request.output.with_name("standard"), None, Workers(1, "threading"))
    found = datasets.load_from_disk(str(request.output.with_name("standard")))["train"]
    plain = datasets.Image(decode=False)
    checked(found.cast_column("image", plain).cast_column("mask", plain).to_list())


@pytest.mark.slow
def test_shards_have_the_same_bytes_from_every_packing(request_of):
    shards = set()
    for packing in PACKINGS:
        manifest, request = request_of(packing)
        built(manifest, request)
        shards.add((request.output / "train/data-00000-of-00001.arrow").read_bytes())
    assert len(shards) == 1


def test_cells_with_pages_of_their_own_are_not_spilled(request_of):
    manifest, request = request_of("parquet pages", columns=(), shard_size=1)
    request = replace(request, allow_missing=False)  # sizes are known without an inspection
    with stores.open_for_reading(manifest) as store:
        [container] = planning.make(store, request).planned_containers.values()
        planning.require_known_sizes(store, request)
    assert not container.is_sequential


def test_parquet_has_further_columns(request_of, tmp_path):
    manifest, request = request_of(format="parquet", feature=Feature.STANDARD)
    built(manifest, request)
    found = datasets.load_dataset(str(request.output), cache_dir=str(tmp_path / "cache"))["train"]
    plain = datasets.Image(decode=False)
    checked(found.cast_column("image", plain).cast_column("mask", plain).to_list())
    card = (request.output / "croissant.json").read_text()
    assert '"images/mask"' in card
    assert '"images/platform"' in card


TEXTS = ("extra.platform", "group_id")


def test_folders_have_further_texts(request_of):
    manifest, request = request_of(format="imagefolder", feature=Feature.STANDARD, columns=TEXTS)
    built(manifest, request)
    rows = csv.DictReader(io.StringIO((request.output / "train/metadata.csv").read_text()))
    assert sorted((row["platform"], row["group_id"]) for row in rows) == [("web", f"Edits/{n}") for n in range(6)]


def test_webdataset_has_further_texts(request_of, tmp_path):
    manifest, request = request_of(format="webdataset", feature=Feature.STANDARD, columns=TEXTS)
    built(manifest, request)
    found = datasets.load_dataset(str(request.output), cache_dir=str(tmp_path / "cache"))["train"]
    texts = sorted((row["platform"], row["group_id"]) for row in found["json"])
    assert texts == [("web", f"Edits/{n}") for n in range(6)]


def test_image_with_a_damaged_companion_is_refused(request_of, monkeypatch):
    monkeypatch.setitem(FILES, "edits/web/masks/2.png", MASKS[2][:60])
    manifest, request = request_of()
    assert built(manifest, request).missing == 1
    [row] = pq.read_table(request.output / "record/refused.parquet").to_pylist()
    assert row["file_id"] == "Edits/web/edit/2"
    assert row["detail"].startswith("companion edits/web/masks/2.png: ")


def in_archives(root, copies):
    """Write one archive of the images, and of ``copies`` of them, and one of their masks."""
    archives = {"edits.zip": "/edit/", "masks.zip": "/masks/"} | dict.fromkeys(copies, "/edit/")
    for name, part in archives.items():
        with zipfile.ZipFile(root / name, "w") as archive:
            for path, data in FILES.items():
                if part in path:
                    archive.writestr(path, data)


@pytest.mark.slow
@pytest.mark.parametrize("copies", [(), ("copies.zip",)])
def test_image_whose_companion_is_in_a_missing_archive_is_refused(request_of, monkeypatch, copies):
    monkeypatch.setitem(PACKINGS, "archives", partial(in_archives, copies=copies))
    manifest, request = request_of("archives")
    (request.roots["edits"] / "masks.zip").unlink()
    assert built(manifest, request).missing == len(MASKED)
    rows = pq.read_table(request.output / "record/refused.parquet").to_pylist()
    assert {(row["file_id"], row["reason"]) for row in rows} == {
        (f"Edits/web/edit/{number}", "source_missing") for number in MASKED
    }


def test_copies_of_images_in_a_missing_archive_have_their_companions(request_of, monkeypatch):
    monkeypatch.setitem(PACKINGS, "archives", partial(in_archives, copies=["copies.zip"]))
    manifest, request = request_of("archives")
    with stores.open_for_reading(manifest) as store:
        [read, _] = planning.make(store, request).containers.values()
    (request.roots["edits"] / read.volumes[0].path).unlink()
    assert built(manifest, request).missing == 0


def test_columns_decide_the_key_of_a_shard(request_of):
    manifest, request = request_of(columns=())
    with_columns = request_of(name="other")[1]
    built(manifest, request)
    built(manifest, with_columns)
    plain, other = (read_build(one.output).description["plan"] for one in (request, with_columns))
    assert plain != other


def test_column_without_a_value_is_an_error(request_of):
    manifest, request = request_of(columns=("extra.share",))
    with pytest.raises(RecipeError, match=r"no image of the selection has it; its sources have: companions\.mask,"):
        built(manifest, request)


@pytest.mark.parametrize(
    ("name", "message"),
    [("knd", "did you mean 'kind'"), ("extra.label", "has a column 'label' already"), ("extra.", "extra.NAME")],
)
def test_wrong_columns_are_errors(name, message):
    with pytest.raises(ConfigError, match=message):
        parse_columns([name])
