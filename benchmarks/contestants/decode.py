"""Decode every image in two processes, and drop the result: ``decode FOLDER [LIST]``."""

import io
import multiprocessing
import sys
from pathlib import Path

from PIL import Image


def _decode(name: str) -> None:
    Image.open(io.BytesIO(Path(name).read_bytes())).load()


if __name__ == "__main__":
    names = sys.argv[2] if len(sys.argv) > 2 else "names.txt"
    with multiprocessing.Pool(2) as pool:
        pool.map(_decode, (Path(sys.argv[1]) / names).read_text().splitlines(), chunksize=200)
