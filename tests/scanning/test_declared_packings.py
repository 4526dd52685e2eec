"""Cases of declarations as real archives, and as Parquet files with the column types of the hub."""

import csv
import io
import json
import subprocess
import tarfile
import zipfile
from collections import defaultdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.base import resources
from indexer.base.workers import Workers
from indexer.declarations import load
from indexer.manifest import store
from indexer.scanning import ScanOptions, scan
from tests.support.programs import require_program
from tests.support.raw_rows import lines_of

CASES = Path(__file__).parents[1] / "cases"
# The other sources are packed as this module writes archives and tables.
OLDER = {
    "aeroblade", "aigenbench_fake_part", "artifact", "coco", "dmid_testset", "dmid_trainingset", "drct", "elsa_d3",
    "forensynths", "genimage", "imagenet", "imaginet", "laion400m_elsad3_real_train",
    "laion400m_elsad3_real_validation", "polardiffshield", "raise", "sfhq-t2i", "synthbuster", "tddmd",
}  # fmt: skip
SOURCES = [source for source in load([resources.sources_folder()]) if source.key not in OLDER]
KEYS = [source.key for source in SOURCES]

IMAGE = pa.struct({"bytes": pa.binary(), "path": pa.string()})
V1, V2 = ["full_synthetic", "real", "tampered"], ["real", "tampered", "full_synthetic"]
# The names of ClassLabel columns; other labels are plain integers or texts.
CLASSES = {
    "so_fake_ood/v1/data/test-00000-of-00150.parquet": V1,
    "so_fake_ood/data/test-00000-of-00208.parquet": V2,
    "so_fake_set/data/train-00000-of-00999.parquet": V2,
    "so_fake_set/data/val-00000-of-00001.parquet": V2,
}


def content(name):
    """Bytes of a member; those of the split zip do not fit one volume."""
    return (name.encode() * 2_000)[: 40_000 if "progan" in name else 60]


def zipped(file, names):
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, content(name))


def split_zipped(file, names):
    """Pack as the split zip of Google Drive: test.z01, test.zip."""
    require_program("zip")
    whole = file.with_name("whole.zip")
    zipped(whole, names)
    command = ["zip", "-q", "-s", "64k", str(whole), "--out", str(file)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    whole.unlink()
    assert file.with_suffix(".z01").exists()


def tarred(file, names):
    stream = pa.output_stream(str(file), compression="zstd" if file.suffix == ".zst" else "gzip")
    with stream, tarfile.open(fileobj=stream, mode="w|") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(content(name))
            archive.addfile(member, io.BytesIO(content(name)))


def seven_zipped(file, names):
    require_program("7zz")
    folder = file.with_name("unpacked-7z")
    for name in names:
        loose(folder / name, content(name))
    subprocess.run(["7zz", "a", str(file), "."], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["rm", "-r", str(folder)], check=True)


def read_csv(file):
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))


def parquet(file, cells, side, classes):
    """Write the rows of a side table, with image columns for ``cells`` (row/column)."""
    rows = read_csv(side)
    arrays = {name: typed([row[name] or None for row in rows], name, classes) for name in rows[0]}
    for column in dict.fromkeys(cell.split("/")[1] for cell in cells):
        values = [content(f"{file}{row}{column}") if f"{row}/{column}" in cells else None for row in range(len(rows))]
        plain = column == "image_data"
        arrays[column] = pa.array(
            values if plain else [value and {"bytes": value, "path": None} for value in values],
            pa.binary() if plain else IMAGE,
        )
    note = {"info": {"features": {"label": {"_type": "ClassLabel", "names": classes}}}} if classes else {}
    table = pa.table(arrays).replace_schema_metadata({"huggingface": json.dumps(note)})
    pq.write_table(table, file, row_group_size=2)


def typed(values, name, classes):
    if name == "label" and classes:
        return pa.array([classes.index(value) for value in values], pa.int64())
    if name == "label" and all(value.isdigit() for value in values):
        return pa.array([int(value) for value in values], pa.int64())
    return pa.array(values, pa.string())


def loose(file, data):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def pack(key, archive, file, names):
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix == ".parquet":
        parquet(file, names, CASES / key / "side" / f"{archive}.csv", CLASSES.get(f"{key}/{archive}"))
    elif key == "aigcdetectbenchmark":
        split_zipped(file, names)
    else:
        {".zip": zipped, ".7z": seven_zipped}.get(file.suffix, tarred)(file, names)


def lay_out(key, root):
    """Write the tree of a case below ``root``, packed as its lines say."""
    archives = defaultdict(list)
    for line in lines_of(CASES / key / "tree.txt"):
        archive, bang, name = line.partition("!")
        if bang:
            archives[archive].append(name)
        elif line and not line.startswith("#"):
            loose(root / line, content(line))
    for archive, names in archives.items():
        pack(key, archive, root / archive, names)
    for side in (CASES / key / "side").rglob("*.csv"):
        if not side.name.endswith(".parquet.csv"):
            loose(root / side.relative_to(CASES / key / "side"), side.read_bytes())


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packings")
    for key in KEYS:
        lay_out(key, folder / key)
    with store.open_for_writing(folder / "manifest.duckdb") as manifest:
        scan(manifest, {key: folder / key for key in KEYS}, SOURCES, ScanOptions(Workers(jobs=1)))
        yield manifest


@pytest.mark.parametrize("key", KEYS)
def test_real_archives_have_the_rows_of_the_case(scanned, key):
    query = (
        "select file_id, generator, label, kind, coalesce(group_id, '') from manifest where source = $key order by 1"
    )
    found = [tuple(map(str, row)) for row in scanned.execute(query, {"key": key})]
    rows = read_csv(CASES / key / "rows.csv")
    kinds = {"0": "real", "1": "synthetic"}
    assert found == [
        (row["file_id"], row["generator"], row["label"], row.get("kind", kinds[row["label"]]), row.get("group_id", ""))
        for row in rows
    ]
    problems = scanned.execute(
        "select path, status, reason from container where source = $key and status <> 'complete'"
        " and not starts_with(reason, 'shard-missing')",  # a case has some of the shards
        {"key": key},
    )
    assert problems == []


def test_masks_of_parquet_files_are_companions(scanned):
    query = "select distinct source from companion where role = 'mask' order by source"
    assert [source for (source,) in scanned.execute(query)] == [
        "bfree_trainingset",
        "br_gen",
        "opensdi",
        "sid_set",
        "so_fake_ood",
        "so_fake_set",
    ]
