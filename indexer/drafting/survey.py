"""Facts about a folder or an archive: which folders have how many images, and which side files have which columns."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from indexer.base.errors import BadData, ConfigError
from indexer.base.path_sources import PathSource
from indexer.containers.from_manifest import stored_container, stored_member
from indexer.containers.models import ArchiveLimits, Container
from indexer.containers.reading import read_members
from indexer.containers.tabular.class_names import class_names
from indexer.containers.tabular.columns import is_scalar
from indexer.containers.tabular.files import schema_of
from indexer.containers.tabular.listing import scalar_rows
from indexer.declarations import default_source
from indexer.declarations.models import ANY_ENTRY, SideTable
from indexer.drafting.labels import is_label_name, label_binary_folders
from indexer.drafting.models import Survey, SurveyedFile, SurveyedFolder, TableKey
from indexer.drafting.table_keys import table_key
from indexer.manifest import store
from indexer.manifest.store import Store
from indexer.scanning import ScanOptions, scan
from indexer.scanning.side_files import BadLine, Record, parse

_SIDE_FILES = 12
_SIDECARS = 20  # of each suffix, to find labels
_ROWS = 20  # per side file, from its beginning, to find the names of images
_LABELLED_ROWS = 10_000  # the same, to find labels
_LABELS = 20  # a column with more values labels no images
_LISTS = 10  # of one JSON object: each is looked up by reading the file again


def survey(source: PathSource, options: ScanOptions, scratch: Path) -> Survey:
    """List a folder or an archive with all archives in it. Nothing is written but a temporary file below ``scratch``.

    Raises:
        ConfigError: it has no image.
        SourceError: it cannot be read.
    """
    with TemporaryDirectory(dir=scratch) as folder, store.open_for_writing(Path(folder) / "survey.duckdb") as opened:
        scan(opened, {source.key: source.root}, [default_source(source)], options)
        folders = tuple(_folder(*row) for _, *row in opened.rows("draft/folders"))
        if not folders:
            raise ConfigError(f"{source.root} has no image: name a folder or an archive with images")
        [(stems, paths)] = opened.rows("draft/repeated_paths")
        tables = (
            *_row_tables(opened, source),
            *_metadata_tables(opened, source),
            *_side_files(opened, source, options.limits),
        )
        return Survey(source, label_binary_folders(folders), stems, paths, tables)


def _row_tables(opened: Store, source: PathSource) -> Iterator[SurveyedFile]:
    """Yield the columns beside the images of one Arrow file and of one Parquet file, if there are any."""
    for row in opened.arrow("draft/row_files").to_pylist():
        container = stored_container(source.root, row)
        schema = schema_of(container)
        columns = tuple(column.name for column in schema if is_scalar(column.type))
        pattern = rf"[^/]+\.{row['path'].rpartition('.')[2]}"
        if columns:
            read = [column.name for column in schema if _may_be_label(column)]
            classes = _few_values(read, _first_rows(container, read)) | class_names(schema)
            yield SurveyedFile(row["path"], pattern, "rows", columns, TableKey("", "record", ""), classes)


def _metadata_tables(opened: Store, source: PathSource) -> Iterator[SurveyedFile]:
    """Yield Arrow and Parquet files without images, one of those whose names differ in numbers alone."""
    seen: set[str] = set()
    for row in opened.arrow("draft/metadata_tables").to_pylist():
        name = row["path"].rpartition("/")[2]
        pattern = re.sub(r"\d+", r"\\d+", re.escape(name))
        if pattern in seen or len(seen) == _SIDE_FILES:
            continue
        seen.add(pattern)
        container = stored_container(source.root, row)
        columns = tuple(column.name for column in schema_of(container) if is_scalar(column.type))
        rows = _first_rows(container, columns)
        key = table_key(opened, row["path"].removesuffix(name), rows[:_ROWS])
        yield SurveyedFile(row["path"], pattern, "rows", columns, key, _few_values(columns, rows))


def _may_be_label(column: pa.Field) -> bool:
    is_binary = pa.types.is_integer(column.type) or pa.types.is_boolean(column.type)
    return pa.types.is_string(column.type) or (is_binary and is_label_name(column.name))


def _first_rows(container: Container, columns: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return columns of the first rows of an Arrow or Parquet file; fewer of a damaged file, whose scan reports it."""
    rows: list[Mapping[str, Any]] = []
    with suppress(pa.ArrowException, OSError, BadData):
        for batch in scalar_rows(container, columns) if columns else ():
            batch.validate(full=True)
            rows += batch.to_pylist()
            if len(rows) >= _LABELLED_ROWS:
                break
    return rows


def _side_files(opened: Store, source: PathSource, limits: ArchiveLimits) -> Iterator[SurveyedFile]:
    """Yield side files of different names, such as ``metadata.csv``: of several of one name, the largest.

    Of files that are named as the images beside them (``1.json`` and ``1.png``), one per suffix, with values of some.
    """
    files: dict[str, list[Mapping[str, Any]]] = {}
    for row in opened.arrow("draft/side_files", {"files": 50 * _SIDE_FILES}).to_pylist():
        name = row["suffix"] if row["is_sidecar"] else row["file_name"]
        if name in files or len(files) < _SIDE_FILES:
            files.setdefault(name, []).append(row)
    for rows in files.values():
        quick = [row for row in rows if row["is_sidecar"] and not row["is_sequential"]][:_SIDECARS]
        read = [_data(source, row, limits) for row in quick or rows[:1]]
        yield _sidecar(rows[0], read) if rows[0]["is_sidecar"] else _side_file(opened, rows[0], read[0])


def _sidecar(row: Mapping[str, Any], read: Sequence[bytes]) -> SurveyedFile:
    table = _table(row)
    records = [record for data in read for record in _first_records(data, table)]
    columns = tuple(records[0]) if records else ()
    values = _few_values(columns, records)
    key = TableKey("{@path}", "path", "")
    return SurveyedFile(row["logical"], rf"[^/]+\.{row['suffix']}", table.format, columns, key, values)


def _table(row: Mapping[str, Any]) -> SideTable:
    form = "csv" if row["suffix"] == "tsv" else row["suffix"]
    return SideTable(row["file_name"], row["source"], re.escape(row["file_name"]), form)


def _side_file(opened: Store, row: Mapping[str, Any], data: bytes) -> SurveyedFile:
    path, name, table = row["logical"], row["file_name"], _table(row)
    records = _first_records(data, table)
    if table.format == "json" and not records and (lines := _first_records(data, replace(table, format="jsonl"))):
        table, records = replace(table, format="jsonl"), lines
    form = table.format
    columns = tuple(records[0]) if records else ()
    for rows in (None, *_inner_rows(records[0] if form == "json" and len(records) == 1 else {})):
        inner = _first_records(data, replace(table, rows=rows)) if rows else records
        if found := table_key(opened, path.removesuffix(name), inner[:_ROWS]):
            values = _few_values(tuple(inner[0]), inner)
            return SurveyedFile(path, re.escape(name), form, tuple(inner[0]), found, values, rows=rows)
    return SurveyedFile(path, re.escape(name), form, columns, None, problem=_problem(data, table))


def _first_records(data: bytes, table: SideTable) -> list[Record]:
    records = (record for record in parse(data, table) if not isinstance(record, BadLine))
    return list(islice(records, _LABELLED_ROWS))


def _problem(data: bytes, table: SideTable) -> str:
    """Return why the first row of a side file cannot be read."""
    first = next(parse(data, table), None)
    return f"line {first.number}: {first.reason}" if isinstance(first, BadLine) else "no rows"


def _few_values(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the texts of the columns that have few different ones."""
    values = {name: {_text(row.get(name)) for row in rows} - {""} for name in columns}
    return {name: sorted(found) for name, found in values.items() if len(found) <= _LABELS}


def _text(value: object) -> str:
    """Return a value as a rule looks it up; nothing for lists, objects and values that are missing."""
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, str | int | float) else ""


def _inner_rows(record: Record) -> Iterator[str]:
    """Yield where the rows of a JSON file may be that is one object: in one of its lists, or one row per name."""
    lists = (name for name, value in record.items() if isinstance(value, list) and re.fullmatch(r"\w+", name))
    yield from islice(lists, _LISTS)
    yield ANY_ENTRY


def _folder(names: list[str], images: int, column: str, fake_class: str | None, generator: str) -> SurveyedFolder:
    level = len(names) - 1 - names[::-1].index(fake_class) if fake_class in names else None
    return SurveyedFolder(tuple(names), images, column, level, generator)


def _data(source: PathSource, row: Mapping[str, Any], limits: ArchiveLimits) -> bytes:
    for _, data in read_members(stored_container(source.root, row), [stored_member(row, 0)], limits):
        if isinstance(data, bytes):
            return data
    return b""
