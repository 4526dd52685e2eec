"""Raw rows without files: the rows of a scan, made from a list of names and a folder of side files.

The name ``dl/synthbuster.zip!synthbuster/dalle2/r0.png`` is a member of an archive,
``synthbuster/dalle2/r0.png`` does not; ``train/data-0.arrow!5/image`` is row 5 of column ``image``;
``train/data-0.arrow = 12`` is a file with 12 rows. Lines that start with '#' are comments.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa

from indexer.containers.logical_path import archive_name
from indexer.declarations.models import SideTable
from indexer.manifest.store import Store
from indexer.scanning.side_files import BadLine, parse

_ROWS = re.compile(r"(.+) = (\d+)")


class RawRows:
    """Collect raw rows, then write them at once."""

    def __init__(self) -> None:
        self.containers: dict[tuple[str, str], dict[str, Any]] = {}
        self.members: list[dict[str, Any]] = []
        self.sides: list[dict[str, Any]] = []

    def add(self, source: str, lines: Iterable[str]) -> None:
        """Add files and members of ``source``, one per line."""
        for line in lines:
            if rows := _ROWS.fullmatch(line):
                self._container(source, rows.group(1))["row_count"] = int(rows.group(2))
            elif line and not line.startswith("#"):
                self._member(source, line)

    def add_side_files(self, tables: Sequence[SideTable], folder: Path, place: Callable[[str], str] = str) -> None:
        """Add the side files below ``folder`` that ``tables`` name; ``x.parquet.csv`` replaces ``x.parquet``.

        ``place`` maps a file to another path.
        """
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            path = file.relative_to(folder).as_posix()
            for table in tables:
                logical = path.removesuffix(".csv") if table.format == "rows" else path
                if re.match(table.file, logical):
                    self.add_records(table, place(logical), records(file, table))

    def add_records(self, table: SideTable, path: str, found: Iterable[Mapping[str, Any]]) -> None:
        """Add rows of one side file."""
        for line, record in enumerate(found):
            self.add_record(table, path, line, record)

    def add_record(self, table: SideTable, path: str, line: int, record: Mapping[str, Any]) -> None:
        """Add one row of one side file."""
        container = self._container(table.source, path if table.format == "rows" else "")
        self.sides.append(
            {
                "source": table.source,
                "table_name": table.name,
                "container_id": container["container_id"],
                "path": path,
                "line": line,
                "record": json.dumps(record),
            }
        )

    def write(self, store: Store) -> None:
        """Insert everything."""
        containers = [{**row, "volumes": []} for row in self.containers.values()]
        schema = pa.schema([("container_id", pa.int64()), ("source", pa.string()), ("path", pa.string()),
                            ("kind", pa.string()), ("size", pa.int64()), ("fingerprint", pa.string()),
                            ("status", pa.string()), ("listed", pa.int64()), ("row_count", pa.int64()),
                            ("volumes", pa.list_(pa.struct([("path", pa.string()), ("size", pa.int64()),
                                                           ("mtime_ns", pa.int64())])))])  # fmt: skip
        store.insert("container", pa.Table.from_pylist(containers, schema=schema))
        store.insert("member", pa.Table.from_pylist(self.members))
        if self.sides:
            store.insert("side_row", pa.Table.from_pylist(self.sides))

    def _member(self, source: str, line: str) -> None:
        path, bang, name = line.partition("!")
        container = self._container(source, path if bang else "")
        cell = path.endswith((".arrow", ".parquet"))
        self.members.append(
            {
                "member_id": len(self.members),
                "container_id": container["container_id"],
                "ordinal": len(self.members),
                "path": path,
                "name": name if bang else None,
                "size": 1,
                "access": "cell" if cell else "zip" if bang else "file",
            }
        )

    def _container(self, source: str, path: str) -> dict[str, Any]:
        return self.containers.setdefault(
            (source, path),
            {
                "container_id": len(self.containers),
                "source": source,
                "path": path,
                "kind": "zip" if path else "folder",
                "size": 0,
                "fingerprint": "",
                "status": "complete",
                "listed": 0,
                "row_count": None,
            },
        )


def records(file: Path, table: SideTable) -> Iterator[Mapping[str, Any]]:
    """Return the rows of a side file as a scan reads them; a CSV file holds those of an Arrow file here."""
    found = parse(file.read_bytes(), replace(table, format="csv") if table.format == "rows" else table)
    return (record for record in found if not isinstance(record, BadLine))


def lines_of(file: Path) -> list[str]:
    """Return the lines of a tree.txt."""
    return file.read_text(encoding="utf-8").splitlines()


def packed(lines: Iterable[str], archive: str) -> list[str]:
    """Return the same files, the loose ones in one archive."""
    return [f"{archive}!{line}" if _is_loose(line) else line for line in lines]


def packed_with(lines: Iterable[str], archive: str) -> Callable[[str], str]:
    """Return a side file's path after :func:`packed`: a sidecar moves with its image, a table with its images."""
    images = [PurePosixPath(line) for line in lines if _is_loose(line)]
    moved = {image.with_suffix("") for image in images}
    folders = {folder for image in images for folder in image.parents}

    def place(path: str) -> str:
        side = PurePosixPath(path)
        goes = side.with_suffix("") in moved or (side.suffix in (".csv", ".txt") and side.parent in folders)
        return f"{archive_name(archive)}/{path}" if goes else path

    return place


def _is_loose(line: str) -> bool:
    return bool(line) and "!" not in line and not line.startswith("#") and not _ROWS.fullmatch(line)
