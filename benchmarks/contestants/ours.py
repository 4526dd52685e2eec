"""A build of ours: ``ours PLACE loose|zips decode|none [BACKEND]``."""

import sys
from pathlib import Path

from indexer import store as stores
from indexer.parallel import Workers
from materializer.build import build
from materializer.shapes import Check, Request, Settings


def main(place: Path, packing: str, check: str, backend: str = "loky") -> None:
    """Build the selection of the loose or the zipped images with two workers."""
    settings = Settings(check=Check(check), shard_size=250_000_000)
    request = Request("main", place / "out" / "built", {"pictures": place / packing}, place / "scratch", settings)
    with stores.open_for_reading(place / f"{packing}.duckdb") as store:
        build(store, request, Workers(2, backend))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
