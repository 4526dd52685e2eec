"""Copy the same bytes by ``cat``: one file per shard, two at a time, flushed."""

import subprocess
import sys
from pathlib import Path

SHARD = 250_000_000


def main(folder: Path) -> None:
    """Copy the loose images to as many files as a build writes."""
    names = (folder / "names.txt").read_text().splitlines()
    shards = -(-sum(Path(name).stat().st_size for name in names) // SHARD)
    lists = [folder / "out" / f"{number}.txt" for number in range(shards)]
    for number, path in enumerate(lists):
        path.write_text("\0".join(names[number * len(names) // shards : (number + 1) * len(names) // shards]))
    each = ["xargs", "-n1", "-P2", "sh", "-c", 'xargs -0 cat < "$0" > "$0.bin" && sync "$0.bin"']
    subprocess.run(each, input="\n".join(map(str, lists)), text=True, check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
