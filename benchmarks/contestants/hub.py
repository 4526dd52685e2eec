"""``Dataset.from_generator`` over files, then ``save_to_disk``; zips are extracted first: ``hub FOLDER loose|zips``."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets


def main(folder: Path, packing: str) -> None:
    """Make and save a dataset with two processes."""
    names = (folder / "names.txt").read_text().splitlines()
    if packing == "zips":
        extracted = folder / "out" / "extracted"
        subprocess.run(["unzip", "-q", folder / "zips" / "pictures.zip", "-d", extracted], check=True)
        names = [name.replace(str(folder / "loose"), str(extracted)) for name in names[::10]]
    kinds = {"image": datasets.Image(), "file_id": datasets.Value("string"), "label": datasets.Value("int64")}
    made = datasets.Dataset.from_generator(
        _rows,
        features=datasets.Features(kinds),
        gen_kwargs={"names": names},
        num_proc=2,
        cache_dir=str(folder / "out" / "cache"),
    )
    made.save_to_disk(folder / "out" / "saved", num_proc=2, max_shard_size="250MB")
    subprocess.run(["sync", *sorted((folder / "out" / "saved").glob("*.arrow"))], check=True)


def _rows(names: list[str]) -> Iterator[dict[str, Any]]:
    for name in names:
        yield {"image": name, "file_id": Path(name).stem, "label": 0}


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
