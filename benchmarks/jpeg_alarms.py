"""Count the good JPEGs of a folder that the strict check calls damaged, and list all that it refuses.

    python -m benchmarks.jpeg_alarms FOLDER

FOLDER has unpacked packages: Pillow's source distribution, scikit-image and matplotlib. A JPEG counts as good if Pillow
decodes it. Exit status 1 if a good one is called damaged.
"""

import sys
from pathlib import Path

from indexer.base.errors import BadData
from indexer.images import decode, inspect

_SCRAMBLED = "hopper_bad_exif.jpg"  # of Pillow's tests: its pixels are scrambled, as one sees


def main() -> int:
    """Inspect all JPEGs below the folder."""
    files = [path for path in Path(sys.argv[1]).rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".mpo")]
    files = [path for path in files if path.name != _SCRAMBLED]
    good = alarms = 0
    for path in sorted(files):
        data = path.read_bytes()
        found = inspect(data)
        try:
            decode(data)
            good += 1
            alarms += found.status != "ok"
        except BadData:
            pass
        if found.status != "ok":
            print(f"{path}: {found.status}: {found.reason}")
    print(f"{len(files):,} files, {good:,} that Pillow decodes, {alarms:,} of them refused")
    return 1 if alarms else 0


if __name__ == "__main__":
    sys.exit(main())
