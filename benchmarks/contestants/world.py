"""Extract every archive, ``from_generator`` per source, concatenate, ``save_to_disk``: ``world FOLDER``.

This stands for the steps of AI-GenBench's published builders, with the standard tools; it is not their code. It has
less to do: selection is free, only selected images are read, and nothing compares pictures or decodes RGB images.
``selected.parquet`` has the selected images.
"""

import io
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import datasets
import pyarrow.parquet as pq
from PIL import Image

Row = dict[str, Any]
_FEATURES = datasets.Features(
    {
        "image": datasets.Image(),
        "height": datasets.Value("uint32"),
        "width": datasets.Value("uint32"),
        "label": datasets.ClassLabel(names=["real", "fake"]),
        "paired_real_images": datasets.List(datasets.Value("string")),
        **dict.fromkeys(
            ("generator", "file_id", "description", "positive_prompt", "negative_prompt", "conditioning", "origin"),
            datasets.Value("string"),
        ),
    }
)
_PROCESSES = 2
_FEW = 200  # images of a source for which a second process costs more than it saves


def main(folder: Path) -> None:
    """Make and save the dataset with two processes."""
    out = folder / "out"
    by_source: dict[str, list[Row]] = defaultdict(list)
    for row in pq.read_table(folder / "selected.parquet").to_pylist():
        by_source[row["source"]].append(row)
    with ThreadPoolExecutor(_PROCESSES) as pool:
        list(pool.map(lambda path: _extract(path, _place(out, folder, path)), _archives(folder / "datasets")))
    parts = [_dataset(folder, rows) for rows in by_source.values()]
    whole = datasets.concatenate_datasets(parts)
    splits = [row["split"] for rows in by_source.values() for row in rows]
    for split in sorted(set(splits)):
        chosen = whole.select([at for at, one in enumerate(splits) if one == split])
        chosen.save_to_disk(out / "saved" / split, num_proc=_PROCESSES)
    subprocess.run(["sync", *sorted((out / "saved").rglob("*.arrow"))], check=True)


def _archives(folder: Path) -> list[Path]:
    """Return the first file of each archive; of a split zip, the last one, which 7-Zip opens."""
    return [path for path in sorted(folder.rglob("*")) if re.search(r"\.(zip|tar|tar\.gz|7z\.001)$", path.name)]


def _place(out: Path, folder: Path, path: Path) -> Path:
    return out / "extracted" / _folder_of(str(path.relative_to(folder / "datasets")))


def _folder_of(archive: str) -> str:
    return f"{re.sub(r'[.][0-9]+$', '', archive)}.d"


def _extract(path: Path, target: Path) -> None:
    target.mkdir(parents=True)
    if path.with_suffix(".z01").exists() or path.suffix == ".001":
        command = ["7zz", "x", "-bso0", "-bsp0", f"-o{target}", path]
    else:
        command = ["tar", "-xf", path, "-C", target] if ".tar" in path.name else ["unzip", "-q", path, "-d", target]
    subprocess.run(command, check=True)
    for inner in _archives(target):
        _extract(inner, inner.with_name(_folder_of(inner.name)))
        inner.unlink()


def _dataset(folder: Path, rows: Sequence[Row]) -> datasets.Dataset:
    return datasets.Dataset.from_generator(
        _images,
        features=_FEATURES,
        gen_kwargs={"folder": folder, "rows": list(rows)},
        num_proc=_PROCESSES if len(rows) > _FEW else None,
        cache_dir=str(folder / "out" / "cache"),
    )


def _images(folder: Path, rows: Sequence[Row]) -> Iterator[Row]:
    for row in rows:
        data = _bytes(folder, row)
        image = Image.open(io.BytesIO(data))
        if image.mode != "RGB":
            data = _png(image)
        values = {name: row[name] for name in _FEATURES if name in row}
        name = f"{row['file_id'].rpartition('/')[2]}.{'png' if image.mode != 'RGB' else str(image.format).lower()}"
        yield {**values, "image": {"bytes": data, "path": name}, "height": image.height, "width": image.width}


def _png(image: Image.Image) -> bytes:
    target = io.BytesIO()
    image.convert("RGB").save(target, "PNG")
    return target.getvalue()


def _bytes(folder: Path, row: Row) -> bytes:
    root, (*archives, last) = folder / "datasets" / row["root"], [row["path"], *(row["member"] or "").split("!")]
    if not row["member"]:
        return (root / row["path"]).read_bytes()
    if row["path"].endswith((".arrow", ".parquet")):
        line, column = last.split("/")
        return _table(root / row["path"])[int(line)][column]["bytes"]
    return (folder / "out" / "extracted" / row["root"]).joinpath(*map(_folder_of, archives), last).read_bytes()


@cache
def _table(file: Path) -> datasets.Dataset:
    """Open a saved dataset, or Parquet by way of a cache, without decoding images."""
    if file.suffix == ".parquet":
        return datasets.Dataset.from_parquet(str(file), cache_dir=str(file.parents[3] / "out" / "cache"))
    saved = datasets.load_from_disk(str(file.parent))
    return saved.cast_column("image", datasets.Image(decode=False))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
