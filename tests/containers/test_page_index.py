"""Images of Parquet files that are slices of the file, by its page index."""

import os
import random
import struct
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.base.errors import BadData
from indexer.containers.kinds import Kind
from indexer.containers.models import ArchiveLimits, ListingReport
from indexer.containers.opening import opened
from indexer.containers.tabular.listing import list_cells
from indexer.containers.tabular.page_index import cell_slices
from indexer.containers.tabular.thrift import read_struct
from tests.support.archives import Listing
from tests.support.tables import IMAGE, container_of

IMAGES = [os.urandom(5000 + number) for number in range(12)]
CELLS = [{"bytes": data, "path": f"{number}.png"} for number, data in enumerate(IMAGES)]
CELLS[3], CELLS[7] = None, {"bytes": None, "path": "7.png"}
TABLE = pa.table(
    {
        "label": list(range(12)),
        "image": pa.array(CELLS, IMAGE),
        "jpg": pa.array(IMAGES[::-1], pa.binary()),
        "mask": pa.array([{"bytes": data} for data in IMAGES], pa.struct({"bytes": pa.large_binary()})),
    }
)
# One page per image, as `materializer build --format parquet` writes them.
PAGES = {"compression": "none", "use_dictionary": False, "data_page_size": 4096, "write_batch_size": 1}
INDEXED = PAGES | {"write_page_index": True, "row_group_size": 5}


def listed(path: Path, **options: object) -> Listing:
    """Write the table and list its cells."""
    pq.write_table(TABLE, path, **options)
    container = container_of(path, Kind.PARQUET)
    *batches, report = list_cells(container, ArchiveLimits())
    assert isinstance(report, ListingReport)
    return Listing(container, [row for batch in batches for row in batch.to_pylist()], [], report)


def expected() -> dict[str, bytes | str]:
    """Return the bytes of every cell, or why it has none, by its name."""
    cells: dict[str, bytes | str] = {}
    for row, (image, jpg, mask) in enumerate(zip(CELLS, IMAGES[::-1], IMAGES, strict=True)):
        cells[f"{row}/image"] = image["bytes"] if image and image["bytes"] else "no"
        cells[f"{row}/jpg"], cells[f"{row}/mask"] = jpg, mask
    return cells


def contents(listing: Listing) -> dict[str, bytes | str]:
    found = {name.rpartition("/")[0].rpartition("/")[2] + "/" + name.rpartition("/")[2]: data
             for name, data in listing.read().items()}  # fmt: skip
    return {name: "no" if isinstance(data, BadData) else bytes(data) for name, data in found.items()}


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_images_with_pages_of_their_own_are_slices(tmp_path: Path, version: str) -> None:
    listing = listed(tmp_path / "a.parquet", **INDEXED, data_page_version=version)
    whole = (tmp_path / "a.parquet").read_bytes()
    located = [row for row in listing.rows if row["offset"] is not None]
    assert len(located) == 32  # a page does not end with a null: it has the next image, too
    for row in located:
        assert whole[row["offset"] : row["offset"] + row["size"]] == expected()[row["name"]]
    assert contents(listing) == expected()


@pytest.mark.parametrize(
    "options",
    [
        PAGES,
        INDEXED | {"compression": "zstd"},
        INDEXED | {"use_dictionary": True},
        INDEXED | {"data_page_size": 1 << 20, "write_batch_size": 1024},
    ],
    ids=["no index", "compressed", "dictionary", "many per page"],
)
def test_other_cells_have_no_location_and_are_read(tmp_path: Path, options: dict[str, object]) -> None:
    listing = listed(tmp_path / "a.parquet", **options)
    assert {row["offset"] for row in listing.rows} == {None}
    assert contents(listing) == expected()


def test_slices_are_read_without_their_neighbours(tmp_path: Path) -> None:
    """All other pages may be damaged."""
    listing = listed(tmp_path / "a.parquet", **INDEXED)
    [row] = [row for row in listing.rows if row["name"] == "6/jpg"]
    damaged = bytearray(os.urandom(len((tmp_path / "a.parquet").read_bytes())))
    kept = slice(row["offset"], row["offset"] + row["size"])
    damaged[kept] = IMAGES[::-1][6]
    status = (tmp_path / "a.parquet").stat()
    (tmp_path / "a.parquet").write_bytes(damaged)
    os.utime(tmp_path / "a.parquet", ns=(status.st_mtime_ns, status.st_mtime_ns))
    assert Listing(listing.container, [row], [], listing.report).read().popitem()[1] == IMAGES[::-1][6]


def test_damaged_metadata_give_no_slices_outside_the_file(tmp_path: Path) -> None:
    listed(tmp_path / "a.parquet", **INDEXED)
    whole = (tmp_path / "a.parquet").read_bytes()
    length = struct.unpack("<I", whole[-8:-4])[0]
    chance = random.Random(4)
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 3)):
            damaged[-9 - chance.randrange(length + 600)] = chance.randrange(256)
        (tmp_path / "b.parquet").write_bytes(damaged)
        # pyarrow crashes for some of these files
        with opened(container_of(tmp_path / "b.parquet", Kind.PARQUET)) as content:
            found = cell_slices(content.window, {"jpg": "jpg", "image": "image.bytes"})
        for one in (*found["jpg"], *found["image"]):
            assert one.size > 0
            assert 4 <= one.offset <= len(whole) - one.size


@pytest.mark.parametrize("data", [b"", b"\x15", b"\x19\xfc\xff\xff\xff\x0f", b"\x1c" * 40, b"\x18\x7f", b"\x1b\x01"])
def test_bytes_that_are_no_struct_are_errors(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has a message of its own
        read_struct(data)
