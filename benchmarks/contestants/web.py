"""WebDataset's ShardWriter in two processes: ``web FOLDER``."""

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from webdataset import ShardWriter


def _write(pattern: str, names: list[str]) -> None:
    with ShardWriter(pattern, maxsize=250_000_000, verbose=0) as sink:
        for name in names:
            sink.write({"__key__": Path(name).stem, "jpg": Path(name).read_bytes(), "json": {"label": 0}})


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    names = (folder / "names.txt").read_text().splitlines()
    with ProcessPoolExecutor(2) as pool:
        patterns = [str(folder / "out" / f"{part}-%05d.tar") for part in "ab"]
        list(pool.map(_write, patterns, [names[::2], names[1::2]]))
    os.sync()
