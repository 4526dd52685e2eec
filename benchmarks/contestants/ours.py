"""Run a build from the command line: ``ours FOLDER loose|zips|png decode|none [BACKEND JOBS SHARD_SIZE]``."""

import sys
from pathlib import Path

from materializer.__main__ import main

_DECLARATION = """\
name = "Pictures"
licence = "none"
default_folder = "loose"

[[rule]]
path = '^(?P<id>.+)$'
file_id = "{id}"
origin = "Pictures/all"
label = "real"
"""


def command(folder: Path, packing: str, check: str, *more: str) -> list[str]:
    """Return the arguments that build the selection of the images in one packing; ``more`` replaces the defaults."""
    backend, jobs, shard_size = (*more, *("loky", "2", "250MB")[len(more) :])
    options = {"selection": "main", "check": check, "shard-size": shard_size, "jobs": jobs, "backend": backend}
    files = {"manifest-db": f"{packing}.duckdb", "output": "out/built", "config": _configured(folder, packing)}
    paths = {name: str(folder / path) for name, path in files.items()}
    return ["build", "--quiet", *(f"--{name}={value}" for name, value in {**options, **paths}.items())]


def _configured(folder: Path, packing: str) -> str:
    """Write the configuration, and return its name."""
    config = {
        "input_datasets_path": "..",
        "output_path": ".",
        "tmp_cache_dir": "tmp",
        "intermediate_outputs_path": ".",
        "declarations_path": "sources",
        "pictures": f"../{packing}",
    }
    (folder / "out" / "sources").mkdir()
    (folder / "out" / "sources" / "pictures.toml").write_text(_DECLARATION)
    lines = "".join(f"{name} = {path}\n" for name, path in config.items())
    (folder / "out" / "local.cfg").write_text(f"[paths]\n{lines}")
    return "out/local.cfg"


if __name__ == "__main__":
    sys.argv[1:] = command(Path(sys.argv[1]), *sys.argv[2:])
    main()
