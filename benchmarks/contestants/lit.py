"""LitData's ``optimize`` with two workers: ``lit FOLDER``."""

import os
import sys
from pathlib import Path

from litdata import optimize


def _image(name: str) -> dict[str, object]:
    return {"image": Path(name).read_bytes(), "file_id": Path(name).stem, "label": 0}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    names = (folder / "names.txt").read_text().splitlines()
    optimize(_image, names, str(folder / "out" / "litdata"), chunk_bytes=250_000_000, num_workers=2)
    os.sync()
