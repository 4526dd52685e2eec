"""LitData's ``optimize`` with two workers: ``lit PLACE``."""

import os
import sys
from pathlib import Path

from litdata import optimize


def _image(name: str) -> dict[str, object]:
    return {"image": Path(name).read_bytes(), "file_id": Path(name).stem, "label": 0}


if __name__ == "__main__":
    place = Path(sys.argv[1])
    names = (place / "names.txt").read_text().splitlines()
    optimize(_image, names, str(place / "out" / "litdata"), chunk_bytes=250_000_000, num_workers=2)
    os.sync()
