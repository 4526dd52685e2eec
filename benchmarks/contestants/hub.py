"""``Dataset.from_generator`` over files, then ``save_to_disk``; zips are extracted first: ``hub PLACE loose|zips``."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets


def main(place: Path, packing: str) -> None:
    """Make and save a dataset with two processes."""
    names = (place / "names.txt").read_text().splitlines()
    if packing == "zips":
        folder = place / "out" / "extracted"
        subprocess.run(["unzip", "-q", place / "zips" / "pictures.zip", "-d", folder], check=True)
        names = [name.replace(str(place / "loose"), str(folder)) for name in names[::10]]
    kinds = {"image": datasets.Image(), "file_id": datasets.Value("string"), "label": datasets.Value("int64")}
    made = datasets.Dataset.from_generator(
        _rows,
        features=datasets.Features(kinds),
        gen_kwargs={"names": names},
        num_proc=2,
        cache_dir=str(place / "out" / "cache"),
    )
    made.save_to_disk(place / "out" / "saved", num_proc=2, max_shard_size="250MB")
    subprocess.run(["sync", *sorted((place / "out" / "saved").glob("*.arrow"))], check=True)


def _rows(names: list[str]) -> Iterator[dict[str, Any]]:
    for name in names:
        yield {"image": name, "file_id": Path(name).stem, "label": 0}


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
