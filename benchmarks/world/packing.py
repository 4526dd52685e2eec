"""Write raw rows as the files that they describe: archives, volumes, Parquet, saved datasets, loose files."""

import csv
import io
import json
import os
import subprocess
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.world.images import image_of
from demo.split_zip import write_split_zip, write_zip
from tests.support.raw_rows import RawRows

Files = dict[str, bytes]

# The archives that contain their side tables; other side tables are files beside the images.
_WITH_TABLES = {
    "aeroblade": "aeroblade.zip",
    "artifact": "artifact-dataset.zip",
    "coco": "annotations_trainval2017.zip",
    "sfhq-t2i": "sfhq.zip",
    "synthbuster": "synthbuster.zip",
}
_IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def write_files(rows: RawRows, folders: Mapping[str, Path]) -> None:
    """Write the files of ``rows`` below the folder of each source."""
    members: dict[tuple[str, str], Files] = defaultdict(dict)
    sources = {container["container_id"]: source for (source, _), container in rows.containers.items()}
    for member in rows.members:
        source, path, name = sources[member["container_id"]], member["path"], member["name"]
        members[source, path][name or ""] = image_of(source, path, name)
    tables: dict[tuple[str, str], list[dict]] = defaultdict(list)
    for side in rows.sides:
        tables[side["source"], side["path"]].append({**json.loads(side["record"]), "": side["line"]})
    for (source, path), records in tables.items():
        if not path.endswith((".arrow", ".parquet")):
            archive = _WITH_TABLES.get(source)
            place = (source, archive) if archive else (source, path)
            members[place][path if archive else ""] = _side_file(path, records)
    for (source, path), files in members.items():
        target = folders[source] / path
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(target, files, tables[source, path])
    _write_devkit(folders["imagenet"])


def _side_file(path: str, records: list[dict]) -> bytes:
    rows = [{name: value for name, value in record.items() if name} for record in records]
    if path.endswith(".csv"):
        text = io.StringIO(newline="")
        table = csv.DictWriter(text, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
        return text.getvalue().encode()
    found = {"images": [], "annotations": rows} if "captions_" in path else rows[0]
    return json.dumps(found).encode()


def _write(target: Path, files: Files, records: list[dict]) -> None:
    name = target.name
    if "" in files:
        target.write_bytes(files[""])
    elif name.endswith(".parquet"):
        pq.write_table(_table(files, records), target, row_group_size=16)
    elif name.endswith(".arrow"):
        _write_saved(target, _table(files, records))
    elif ".7z." in name:
        _write_seven_zip(target, files)
    elif name.endswith(".tar"):
        target.write_bytes(_tar(files))
    elif name.startswith("imagenet_"):
        write_split_zip(target, files, max(65_536, sum(map(len, files.values())) // 4))
    else:
        write_zip(target, files)


def _table(cells: Files, records: list[dict]) -> pa.Table:
    """Return the rows of a side table with its images, which are named ``row/column``."""
    by_line = {record.pop(""): record for record in records}
    for cell, data in cells.items():
        line, column = cell.split("/")
        by_line.setdefault(int(line), {})[column] = {"bytes": data, "path": None}
    columns = {name: None for record in by_line.values() for name in record}
    kinds = {name: _IMAGE if name.startswith("image") else pa.string() for name in columns}
    return pa.Table.from_pylist([by_line[line] for line in sorted(by_line)], pa.schema(kinds.items()))


def _write_saved(target: Path, table: pa.Table) -> None:
    """Write a file of ``Dataset.save_to_disk`` and the two files beside it."""
    with pa.OSFile(str(target), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=100)
    features = {
        name: {"_type": "Image"} if name == "image" else {"dtype": "string", "_type": "Value"}
        for name in table.column_names
    }
    state = {"_data_files": [{"filename": target.name}], "_fingerprint": "world", "_format_columns": None,
             "_format_kwargs": {}, "_format_type": None, "_output_all_columns": False, "_split": None}  # fmt: skip
    target.with_name("state.json").write_text(json.dumps(state))
    target.with_name("dataset_info.json").write_text(json.dumps({"features": features}))


def _write_seven_zip(target: Path, files: Files) -> None:
    """Write as many volumes as the suffix of ``target`` counts; a zip inside is stored, as ForenSynths' is."""
    inner = {name.partition("!")[0] for name in files if "!" in name}
    if inner:
        packed = io.BytesIO()
        write_zip(packed, {name.partition("!")[2]: data for name, data in files.items()})
        files = {inner.pop(): packed.getvalue()}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, data in files.items():
            file = folder / "tree" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            os.utime(file, (0, 0))
        method = "-mx=0" if len(files) == 1 else "-mx=5"
        command = ["7zz", "a", "-bso0", "-bsp0", "-mmt=1", method, folder / "whole.7z", *sorted({
            PurePosixPath(name).parts[0] for name in files})]  # fmt: skip
        subprocess.run(command, cwd=folder / "tree", check=True)
        _cut(folder / "whole.7z", target)


def _cut(whole: Path, last: Path) -> None:
    data, count = whole.read_bytes(), int(last.suffix[1:])
    size = -(-len(data) // count)
    for number in range(count):
        last.with_suffix(f".{number + 1:03}").write_bytes(data[number * size : (number + 1) * size])


def _tar(files: Files) -> bytes:
    """Return a tar; members ``n1.tar!n1_2.JPEG`` are those of a tar inside."""
    inner: dict[str, Files] = defaultdict(dict)
    for name, data in files.items():
        archive, bang, member = name.partition("!")
        if bang:
            inner[archive][member] = data
    plain = {name: data for name, data in files.items() if "!" not in name}
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, data in _sorted({**plain, **{name: _tar(members) for name, members in inner.items()}}):
            header = tarfile.TarInfo(name)
            header.size = len(data)
            archive.addfile(header, io.BytesIO(data))
    return target.getvalue()


def _sorted(files: Files) -> Iterable[tuple[str, bytes]]:
    return sorted(files.items())


def _write_devkit(folder: Path) -> None:
    """Write the list of classes of ImageNet's validation images: one line per image."""
    name = "data/ILSVRC2012_validation_ground_truth.txt"
    lines = "".join(f"{number % 1000 + 1}\n" for number in range(50_000))
    with tarfile.open(folder / "ILSVRC2012_devkit_t12.tar.gz", "w:gz") as archive:
        header = tarfile.TarInfo(name)
        header.size = len(lines)
        archive.addfile(header, io.BytesIO(lines.encode()))
