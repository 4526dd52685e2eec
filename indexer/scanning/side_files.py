"""Bytes of a side file -> records. A line that cannot be used is told by its number; those around it are kept."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.base.errors import BadData
from indexer.containers.tabular.columns import is_scalar
from indexer.declarations.models import SideTable

Record = Mapping[str, Any]

# Prompts and JSON inside CSV cells are far longer than the module's 128 KiB.
csv.field_size_limit(1 << 27)


@dataclass(frozen=True, slots=True)
class BadLine:
    """Line ``number`` (from 1, as editors count) of a side file, and what is wrong with it."""

    number: int
    reason: str


def parse(data: bytes, table: SideTable) -> Iterator[Record | BadLine]:
    """The records of a side file, in its order, with just the columns that ``table`` asks for."""
    parts = _PARSERS[table.format](data, table)
    try:
        for part in parts:
            yield part if isinstance(part, BadLine) else chosen(part, table.columns)
    except BadData as error:
        yield BadLine(1, str(error))
    except UnicodeDecodeError as error:
        yield BadLine(data.count(b"\n", 0, error.start) + 1, f"not UTF-8 (byte 0x{data[error.start]:02x})")


def chosen(record: Record, columns: tuple[str, ...] | None) -> Record:
    """The ``columns`` of a record that it has; None takes all."""
    return record if columns is None else {name: record[name] for name in columns if name in record}


def _csv(data: bytes, table: SideTable) -> Iterator[Record | BadLine]:
    reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
    names = tuple(_next_row(reader)) if table.header else table.columns
    try:
        for row in reader:
            if row:
                yield _csv_record(row, names or tuple(map(str, range(len(row)))), reader.line_num)
    except csv.Error as error:
        yield BadLine(reader.line_num, f"{error}; the rest of the file is not used")


def _next_row(reader: Iterator[list[str]]) -> list[str]:
    try:
        return next(reader, [])
    except csv.Error as error:
        raise BadData("no header", str(error)) from error


def _csv_record(row: list[str], names: tuple[str, ...], line: int) -> Record | BadLine:
    if len(row) != len(names):
        return BadLine(line, f"{len(row)} fields where {len(names)} were expected")
    return dict(zip(names, row, strict=True))


def _json(data: bytes, table: SideTable) -> Iterator[Record | BadLine]:
    content = _loads(data.decode("utf-8-sig"))
    if isinstance(content, BadLine):
        yield content
        return
    for key in table.rows.split(".") if table.rows else ():
        if not isinstance(content, dict) or key not in content:
            raise BadData(f"nothing at '{table.rows}'")
        content = content[key]
    yield from map(_record, content if isinstance(content, list) else [content])


def _jsonl(data: bytes, _: SideTable) -> Iterator[Record | BadLine]:
    for number, line in enumerate(data.decode("utf-8-sig").split("\n"), start=1):
        if line.strip():
            content = _loads(line)
            yield BadLine(number, content.reason) if isinstance(content, BadLine) else _record(content)


def _loads(text: str) -> Any:
    """JSON as Python has it, or a BadLine. NaN, which pandas writes and JSON has not, becomes null."""
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except json.JSONDecodeError as error:
        return BadLine(error.lineno, f"not JSON: {error.msg} (column {error.colno})")
    except (RecursionError, ValueError) as error:
        return BadLine(1, f"not usable JSON: {error}")


def _record(content: Any) -> Record:
    """An object as it is; anything else under the name ``value``."""
    return content if isinstance(content, dict) else {"value": content}


def _txt(data: bytes, table: SideTable) -> Iterator[Record | BadLine]:
    """Lines, empty ones too: their numbers may be what they are looked up by. The column is called ``line``."""
    name = table.columns[0] if table.columns else "line"
    lines = data.decode("utf-8-sig").split("\n")
    for line in lines[:-1] if lines[-1] == "" else lines:
        yield {name: line.rstrip("\r")}


def _rows(data: bytes, table: SideTable) -> Iterator[Record | BadLine]:
    """The scalar columns of a small Parquet file inside an archive."""
    try:
        file = pq.ParquetFile(io.BytesIO(data))
        names = [field.name for field in file.schema_arrow if is_scalar(field.type)]
        wanted = [name for name in names if table.columns is None or name in table.columns]
        for batch in file.iter_batches(columns=wanted):
            damaged = BadLine(1, "a row is damaged or not UTF-8")
            yield from (damaged if record is None else record for record in sound_rows(batch))
    except (pa.ArrowException, OSError) as error:
        raise BadData("not readable as Parquet", str(error).splitlines()[0]) from error


_PARSERS = {"csv": _csv, "json": _json, "jsonl": _jsonl, "txt": _txt, "rows": _rows}


def sound_rows(batch: pa.RecordBatch) -> Iterator[Record | None]:
    """The rows of an Arrow or Parquet file; None for one that is damaged, or whose texts are not UTF-8."""
    try:
        batch.validate(full=True)
    except pa.ArrowInvalid:
        if batch.num_rows <= 1:
            yield from [None] * batch.num_rows
            return
        yield from chain.from_iterable(sound_rows(batch.slice(row, 1)) for row in range(batch.num_rows))
    else:
        yield from batch.to_pylist()


def to_json(record: Record) -> str:
    """A record as one line of JSON; what JSON has no word for (dates, decimals) as text."""
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), default=str)
    return text.encode("utf-8", "replace").decode()
