"""A manifest with a selection whose rows are known; the bytes behind them don't matter to sharing."""

import hashlib
import shutil

import pyarrow as pa
import pytest

from indexer.manifest import store as stores
from indexer.sharing.export import export

CONTAINER = {
    "container_id": 1,
    "source": "synth",
    "path": "all.zip",
    "path_bytes": None,
    "kind": "zip",
    "volumes": [{"path": "all.zip", "size": 1, "mtime_ns": 1}],
    "size": 1,
    "fingerprint": "f",
    "status": "complete",
    "reason": None,
    "declared": None,
    "listed": 1,
    "row_count": None,
}


def image(number, split, role, *, hashed=True):
    """One image's rows for each of the tables."""
    file_id = f"Synth/{number:03}|é"
    return {
        "member_id": number,
        "file_id": file_id,
        "split": split,
        "role": role,
        "hash": hashlib.sha256(file_id.encode()).hexdigest() if hashed else None,
    }


IMAGES = (
    [image(n, "train", "sampled") for n in range(8)]
    + [image(n, "validation", "sampled") for n in range(8, 11)]
    + [image(n, "train", "spare") for n in range(11, 14)]
)


def fill(store, images, packed="all.zip"):
    """Insert raw rows, attributes, inspections and the selection 'main' of ``images``."""
    store.insert("container", pa.Table.from_pylist([{**CONTAINER, "path": packed}]))
    if not images:
        return
    store.insert("member", pa.Table.from_pylist([_member(row, packed) for row in images]))
    store.insert("attributes", pa.Table.from_pylist([_attributes(row) for row in images]))
    store.insert("inspection", pa.Table.from_pylist([_inspection(row) for row in images]))
    store.insert("selection", pa.Table.from_pylist([_selected(row) for row in images]))
    store.execute("insert into selection_run (name, recipe, recipe_hash, seed) values ('main', 'seed = 1', 'h', '1')")


def _member(row, packed):
    number = row["member_id"]
    where = {"container_id": 1, "ordinal": number, "path": packed, "name": f"{number}.png"}
    return {"member_id": number, **where, "size": 100 + number, "access": "zip"}


def _attributes(row):
    words = dict.fromkeys(("description", "negative_prompt", "conditioning"), "")
    return {
        "member_id": row["member_id"],
        "source": "synth",
        "file_id": row["file_id"],
        "origin": "Synth",
        "generator": "ADM",
        "label": 1,
        "positive_prompt": f"prompt of {row['member_id']}, with 'quotes' and\nlines",
        "paired_real_images": ["RAISE/r1"],
        "status": "ok",
        **words,
    }


def _inspection(row):
    facts = {"byte_size": 100 + row["member_id"], "width": 256, "height": 256, "format": "PNG", "mode": "RGB"}
    return {"member_id": row["member_id"], "hash": row["hash"], "status": "ok", **facts}


def _selected(row):
    place = {"name": "main", "split": row["split"], "position": row["member_id"]}
    return {**place, "file_id": row["file_id"], "role": row["role"], "stratum": "ADM"}


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """The export of ``IMAGES``, which tests copy to change it."""
    folder = tmp_path_factory.mktemp("exported")
    with stores.open_for_writing(folder / "manifest.duckdb") as store:
        fill(store, IMAGES)
        export(store, "main", folder / "shared")
    return folder / "shared"


@pytest.fixture
def lab(tmp_path):
    """Makes a manifest of the given images in a folder of its own."""

    def make(name, images=IMAGES, packed="all.zip"):
        store = stores.open_for_writing(tmp_path / name / "manifest.duckdb")
        fill(store, images, packed)
        made.append(store)
        return store

    made = []
    yield make
    for store in made:
        store.close()


@pytest.fixture
def shared(exported, tmp_path):
    return shutil.copytree(exported, tmp_path / "shared")
