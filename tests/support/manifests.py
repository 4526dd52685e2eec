"""Manifests of small real sources, written without a scan: the rows that a scan would write."""

import io
import subprocess
import tarfile
import zipfile
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from indexer.containers.models import MEMBER_SCHEMA
from indexer.manifest import store as stores
from tests.support.programs import require_program

SOURCE = "pictures"


@dataclass(frozen=True)
class Picture:
    """An image of a source, and its row in a selection."""

    file_id: str
    data: bytes
    split: str = "train"
    role: str = "sampled"
    stratum: str = "all"

    @property
    def name(self):
        return f"{self.file_id}.bin"


def encoded(seed, mode="RGB", kind="JPEG", size=(24, 16)):
    """Return a picture of noise as an image of a dataset."""
    channels = {"L": 1, "P": 1, "RGB": 3, "RGBA": 4, "CMYK": 4}.get(mode, 1)
    noise = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], channels), np.uint8)
    if mode == "I;16":
        image = Image.fromarray(noise[:, :, 0].astype(np.uint16) * 257)
    else:
        image = Image.fromarray(noise.squeeze(), "L" if mode == "P" else mode) if mode == "L" else _of(noise, mode)
    target = io.BytesIO()
    image.save(target, format=kind)
    return target.getvalue()


def _of(noise, mode):
    if mode == "P":
        return Image.fromarray(noise.squeeze()).convert("P")
    if mode == "CMYK":
        return Image.frombytes("CMYK", noise.shape[1::-1], noise.tobytes())
    return Image.fromarray(noise)


def pictures(count, split="train", role="sampled", first=0, **options):
    """Return ``count`` JPEGs."""
    return [
        Picture(f"{split}/{role}/{number:04d}", encoded(number, **options), split, role)
        for number in range(first, first + count)
    ]


def make(manifest, root, images, packing="folder", wanted=slice(None)):
    """Write ``images`` below ``root`` and a manifest with the selection ``main`` of the slice ``wanted``, in order."""
    root.mkdir(parents=True, exist_ok=True)
    rows, path, kind = _PACKINGS[packing](root, images)
    with stores.open_for_writing(manifest) as store:
        fill(store, images, rows, _container(root, path, kind))
        select(store, images[wanted])


def fill(store, images, members, container):
    """Insert raw rows and attributes."""
    number = store.count("container") + 1
    first = store.count("member")
    store.insert("container", pa.Table.from_pylist([{**container, "container_id": number}]))
    blank = dict.fromkeys(MEMBER_SCHEMA.names)
    raw = [
        {**blank, "ordinal": at, **row, "member_id": first + at, "container_id": number}
        for at, row in enumerate(members)
    ]
    schema = pa.schema([("member_id", pa.int64()), ("container_id", pa.int64()), *MEMBER_SCHEMA])
    store.insert("member", pa.Table.from_pylist(raw, schema=schema))
    store.insert("attributes", pa.Table.from_pylist([_attributes(first + at, one) for at, one in enumerate(images)]))


def select(store, images, name="main"):
    """Insert a selection of ``images``, in order; positions count on inside a split, spares last."""
    ordered = sorted(images, key=lambda image: image.role == "spare")
    rows, positions = [], {}
    for image in ordered:
        positions[image.split] = positions.get(image.split, -1) + 1
        rows.append({"name": name, "split": image.split, "position": positions[image.split], "file_id": image.file_id,
                     "role": image.role, "stratum": image.stratum})  # fmt: skip
    store.insert("selection", pa.Table.from_pylist(rows))
    run = {"name": name, "recipe": "by hand", "recipe_hash": "0" * 64, "seed": "7"}
    store.insert("selection_run", pa.Table.from_pylist([run]))


def _container(root, path, kind):
    stat = (root / path).stat() if path else None
    volumes = [{"path": path, "size": stat.st_size, "mtime_ns": stat.st_mtime_ns}] if stat else []
    volumes_type = pa.list_(pa.struct([("path", pa.string()), ("size", pa.int64()), ("mtime_ns", pa.int64())]))
    return {
        "source": SOURCE,
        "path": path,
        "kind": kind,
        "volumes": pa.scalar(volumes, volumes_type).as_py(),
        "size": stat.st_size if stat else 0,
        "fingerprint": "f",
        "status": "complete",
        "listed": 0,
    }


def _attributes(member_id, image):
    return {
        "member_id": member_id,
        "source": SOURCE,
        "file_id": image.file_id,
        "origin": "Pictures/all",
        "generator": "",
        "label": 0,
        "description": f"picture {image.file_id}",
        "positive_prompt": "a «prompt»",
        "negative_prompt": "",
        "conditioning": "",
        "paired_real_images": [f"COCO/{image.file_id}"],
        "status": "ok",
    }


def _loose(root, images):
    for image in images:
        path = root / image.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(image.data)
    rows = [
        {"path": image.name, "size": len(image.data), "packed_size": len(image.data), "access": "file",
         "mtime_ns": (root / image.name).stat().st_mtime_ns}
        for image in images
    ]  # fmt: skip
    return rows, "", "folder"


def _zip(root, images, method):
    path = root / "pictures.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        for image in images:
            archive.writestr(zipfile.ZipInfo(image.name), image.data, method)
    with zipfile.ZipFile(path) as archive:
        rows = [
            {"path": path.name, "name": info.filename, "size": info.file_size, "packed_size": info.compress_size,
             "access": "zip", "offset": info.header_offset, "crc32": info.CRC,
             "method": "deflate" if method == zipfile.ZIP_DEFLATED else "stored"}
            for info in archive.infolist()
        ]  # fmt: skip
    return rows, path.name, "zip"


def _tar_gz(root, images):
    path = root / "pictures.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for image in images:
            header = tarfile.TarInfo(image.name)
            header.size = len(image.data)
            archive.addfile(header, io.BytesIO(image.data))
    return _forward(path.name, images), path.name, "stream"


def _seven_zip(root, images):
    path = root / "pictures.7z"
    loose = root.parent / f"{root.name}-unpacked"
    _loose(loose, images)
    names = "\n".join(image.name for image in images)
    listing = loose.parent / "names.txt"
    listing.write_text(names)
    subprocess.run(
        [require_program("7zz"), "a", "-bso0", "-bsp0", "-ms=on", "-mqs=off", path.resolve(), f"@{listing.resolve()}"],
        cwd=loose, check=True,
    )  # fmt: skip
    ordered = subprocess.run(
        [require_program("bsdtar"), "-tf", path], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    rows = _forward(path.name, images)
    return [{**row, "ordinal": ordered.index(row["name"])} for row in rows], path.name, "7z"


def _forward(path, images):
    return [{"path": path, "name": image.name, "size": len(image.data), "access": "sequential"} for image in images]


def _parquet(root, images):
    """Return rows without sizes: a footer does not contain the size of a cell."""
    path = root / "pictures.parquet"
    cells = [{"bytes": image.data, "path": image.name} for image in images]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    pq.write_table(pa.table({"image": pa.array(cells, kind)}), path, row_group_size=16)
    return (
        [{"path": path.name, "name": f"{row}/image", "access": "cell"} for row in range(len(images))],
        path.name,
        "parquet",
    )


_PACKINGS = {
    "parquet": _parquet,
    "folder": _loose,
    "stored": lambda root, images: _zip(root, images, zipfile.ZIP_STORED),
    "deflate": lambda root, images: _zip(root, images, zipfile.ZIP_DEFLATED),
    "tar.gz": _tar_gz,
    "7z": _seven_zip,
}
