"""A build of ours, as it is typed: ``ours PLACE loose|zips decode|none [BACKEND]``."""

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


def typed(place: Path, packing: str, check: str, backend: str = "loky") -> list[str]:
    """The command that builds the selection of the loose or the zipped images with two workers."""
    asked = {"selection": "main", "check": check, "shard-size": "250MB", "jobs": "2", "backend": backend}
    files = {"manifest-db": f"{packing}.duckdb", "output": "out/built", "config": _configured(place, packing)}
    return ["build", "--quiet", *(f"--{name}={value}" for name, value in {**asked, **_below(place, files)}.items())]


def _below(place: Path, files: dict[str, str]) -> dict[str, str]:
    return {name: str(place / path) for name, path in files.items()}


def _configured(place: Path, packing: str) -> str:
    """Say where things lie; the answer is the name of the file that does."""
    places = {
        "input_datasets_path": "..",
        "output_path": ".",
        "tmp_cache_dir": "tmp",
        "intermediate_outputs_path": ".",
        "declarations_path": "sources",
        "pictures": f"../{packing}",
    }
    (place / "out" / "sources").mkdir()
    (place / "out" / "sources" / "pictures.toml").write_text(_DECLARATION)
    lines = "".join(f"{name} = {path}\n" for name, path in places.items())
    (place / "out" / "local.cfg").write_text(f"[paths]\n{lines}")
    return "out/local.cfg"


if __name__ == "__main__":
    sys.argv[1:] = typed(Path(sys.argv[1]), *sys.argv[2:])
    main()
