"""Read, hash and write the same bytes once, in two processes: the least work of any build that records sha256.

``limit FOLDER [mapped]``: ``mapped`` maps the files into memory instead of reading them.
"""

import hashlib
import mmap
import multiprocessing
import os
import sys
from pathlib import Path

SHARD = 250_000_000


def _copy(names: list[str], target: Path, is_mapped: bool) -> None:
    room = memoryview(bytearray(max(Path(name).stat().st_size for name in names)))
    with target.open("wb", buffering=0) as out:
        for name in names:
            with Path(name).open("rb", buffering=0) as file:
                if is_mapped:
                    data = memoryview(mmap.mmap(file.fileno(), 0, mmap.MAP_SHARED | mmap.MAP_POPULATE, mmap.PROT_READ))
                else:
                    data = room[: file.readinto(room)]
            hashlib.sha256(data).hexdigest()
            out.write(data)
        os.fsync(out.fileno())


def main(folder: Path, *, is_mapped: bool) -> None:
    """Copy the loose images to as many files as a build writes."""
    names = (folder / "names.txt").read_text().splitlines()
    shards = -(-sum(Path(name).stat().st_size for name in names) // SHARD)
    parts = [names[part * len(names) // shards : (part + 1) * len(names) // shards] for part in range(shards)]
    with multiprocessing.Pool(2) as pool:
        tasks = [(part, folder / "out" / f"{number}.bin", is_mapped) for number, part in enumerate(parts)]
        pool.starmap(_copy, tasks, chunksize=1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), is_mapped="mapped" in sys.argv)
