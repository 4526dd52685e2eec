"""Small Arrow and Parquet files, their cells as listed, and their bytes as read."""

import subprocess
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.containers.kinds import Kind
from indexer.containers.models import Access, ArchiveLimits, Container, ListingReport, MemberRef, Volume
from indexer.containers.tabular import listing
from indexer.containers.tabular.reading import read_cells
from tests.support.programs import require_program

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2
IMAGE = pa.struct({"bytes": pa.binary(), "path": pa.string()})
TABLE = pa.table(
    {
        "id": pa.array([10, 11, 12]),
        "image_gen0": pa.array([{"bytes": b"a" * 5, "path": "x"}, {"bytes": None, "path": "y"}, None], IMAGE),
        "prompt": ["one", "two", None],
        "image_gen1": pa.array([{"bytes": bytes([n]) * n, "path": None} for n in (1, 2, 3)], IMAGE),
    }
)


def container_of(file: Path, kind: Kind) -> Container:
    status = file.stat()
    return Container(file.parent, file.name, kind, (Volume(file.name, status.st_size, status.st_mtime_ns),))


def write(file: Path, table: pa.Table, rows: int = 2) -> Container:
    if file.suffix == ".parquet":
        pq.write_table(table, file, row_group_size=rows)
        return container_of(file, Kind.PARQUET)
    opener = pa.ipc.new_file if file.suffix == ".feather" else pa.ipc.new_stream
    with pa.OSFile(str(file), "wb") as sink, opener(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=rows)
    return container_of(file, Kind.ARROW)


def listed(of: Container) -> tuple[list[dict[str, Any]], ListingReport]:
    *batches, report = listing.list_cells(of, ArchiveLimits())
    assert isinstance(report, ListingReport)
    return [row for batch in batches for row in batch.to_pylist()], report  # type: ignore[union-attr]


def read(of: Container, *names: str) -> dict[str, bytes | str]:
    members = [MemberRef(key, key, of.path, name, Access.CELL, *[None] * 5) for key, name in enumerate(names)]
    parts = read_cells(of, members, ArchiveLimits())
    return {names[key]: data if isinstance(data, bytes) else data.reason for key, data in parts}


def bytes_in_cache(file: Path) -> int:
    tool = [require_program("fincore"), "--bytes", "--noheadings", "--output", "RES", str(file)]
    return int(subprocess.run(tool, capture_output=True, check=True).stdout)
