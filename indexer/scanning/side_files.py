"""Parse side files into records. Unusable lines are reported by number; the other lines are kept."""

import csv
import io
import json
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import pyarrow as pa

from indexer.base.delimiters import delimiter_between, delimiter_of
from indexer.base.errors import BadData
from indexer.containers.tabular.columns import is_scalar
from indexer.declarations.models import ANY_ENTRY, ENTRY_NAME, SideTable

Record = Mapping[str, Any]

# CSV cells with prompts or JSON exceed the default limit of the csv module, 128 KiB.
csv.field_size_limit(1 << 27)


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line of a side file that cannot be used, and the reason. Line numbers start at 1, as in editors."""

    number: int
    reason: str


def parse(data: bytes, table: SideTable) -> Iterator[Record | BadLine]:
    """Yield the records of a side file in file order, reduced to the columns of ``table``."""
    parts = _PARSERS[table.format](data, table)
    kept = _kept(table.columns or ())
    try:
        for part in parts:
            if isinstance(part, BadLine) or table.columns is None:
                yield part
            else:
                yield {name: part[name] for name in kept if name in part}
    except BadData as error:
        yield BadLine(1, str(error))
    except UnicodeDecodeError as error:
        number, byte = data.count(b"\n", 0, error.start) + 1, data[error.start]
        yield BadLine(number, f"not {error.encoding.upper()} (byte 0x{byte:02x}): save the file as UTF-8")


def _decoded(data: bytes) -> str:
    """Return text in UTF-8, or in UTF-16 with a byte order mark, as spreadsheets save it."""
    return data.decode("utf-16" if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig")


def _kept(columns: Sequence[str]) -> tuple[str, ...]:
    """Return the fields of a record that have columns: ``meta`` has ``meta.label``."""
    return tuple(dict.fromkeys([*columns, *(name.partition(".")[0] for name in columns), ENTRY_NAME]))


def _csv(data: bytes, table: SideTable) -> Iterator[Record | BadLine]:
    text = _decoded(data)
    first = next(io.StringIO(text, newline=""), "")
    delimiter = delimiter_of(".csv", first) if table.header else delimiter_between(len(table.columns or ()), first)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names = tuple(_csv_header(reader)) if table.header else table.columns
    try:
        for row in reader:
            fields = names or tuple(map(str, range(len(row))))
            if row and len(row) != len(fields):
                yield BadLine(reader.line_num, f"{len(row)} fields where {len(fields)} were expected")
            elif row:
                yield dict(zip(fields, row, strict=True))
    except csv.Error as error:
        yield BadLine(reader.line_num, f"{error}; the rest of the file is not used")


def _csv_header(reader: Iterator[list[str]]) -> list[str]:
    try:
        return [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise BadData("no header", str(error)) from error


def _json(data: bytes, table: SideTable) -> Iterator[Record | BadLine]:
    content = _loads(_decoded(data))
    if isinstance(content, BadLine):
        yield content
        return
    is_empty = True
    for name, found in _entries(content, table.rows.split(".") if table.rows else []):
        is_empty = False
        for each in found if isinstance(found, list) else [found]:
            yield {**_record(each), ENTRY_NAME: name} if name else _record(each)
    if is_empty:
        raise BadData(f"nothing at '{table.rows}'")


def _entries(content: Any, keys: Sequence[str], name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values at a path of keys, each with the names that ``*`` in the path stands for, joined by ``/``."""
    if not keys:
        yield name, content
    elif isinstance(content, dict) and keys[0] == ANY_ENTRY:
        for each, value in content.items():
            yield from _entries(value, keys[1:], f"{name}/{each}" if name else each)
    elif isinstance(content, dict) and keys[0] in content:
        yield from _entries(content[keys[0]], keys[1:], name)


def _jsonl(data: bytes, _: SideTable) -> Iterator[Record | BadLine]:
    for number, line in enumerate(_decoded(data).split("\n"), start=1):
        if line.strip():
            content = _loads(line)
            yield BadLine(number, content.reason) if isinstance(content, BadLine) else _record(content)


def _loads(text: str) -> Any:
    """Return a parsed JSON value, or a BadLine. NaN becomes null: pandas writes it, but JSON does not allow it."""
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except json.JSONDecodeError as error:
        return BadLine(error.lineno, f"not JSON: {error.msg} (column {error.colno})")
    except (RecursionError, ValueError) as error:
        return BadLine(1, f"not usable JSON: {error}")


def _record(content: Any) -> Record:
    """Return an object unchanged, and any other value as the field ``value``."""
    return content if isinstance(content, dict) else {"value": content}


def _txt(data: bytes, table: SideTable) -> Iterator[Record | BadLine]:
    """Yield every line, including empty ones, because lookups may use line numbers. The default column is ``line``."""
    name = table.columns[0] if table.columns else "line"
    lines = _decoded(data).split("\n")
    for line in lines[:-1] if lines[-1] == "" else lines:
        yield {name: line.rstrip("\r")}


def _rows(data: bytes, table: SideTable) -> Iterator[Record | BadLine]:
    """Yield the scalar columns of a small Parquet file inside an archive."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - slow to load, and few archives contain such files

    try:
        file = pq.ParquetFile(io.BytesIO(data))
        names = [field.name for field in file.schema_arrow if is_scalar(field.type)]
        selected = [name for name in names if table.columns is None or name in _kept(table.columns)]
        for batch in file.iter_batches(columns=selected):
            damaged = BadLine(1, "a row is damaged or not UTF-8")
            yield from (damaged if record is None else record for record in valid_rows(batch))
    except (pa.ArrowException, OSError) as error:
        raise BadData("not readable as Parquet", str(error).splitlines()[0]) from error


_PARSERS = {"csv": _csv, "json": _json, "jsonl": _jsonl, "txt": _txt, "rows": _rows}


def valid_rows(batch: pa.RecordBatch) -> Iterator[Record | None]:
    """Yield the rows of a batch; None for a row that is damaged or contains text that is not UTF-8."""
    try:
        batch.validate(full=True)
    except pa.ArrowInvalid:
        if batch.num_rows <= 1:
            yield from [None] * batch.num_rows
            return
        yield from chain.from_iterable(valid_rows(batch.slice(row, 1)) for row in range(batch.num_rows))
    else:
        yield from batch.to_pylist()


def to_json(record: Record) -> str:
    """Return a record as one line of JSON; types that JSON lacks (dates, decimals) become text."""
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), default=str)
    return text.encode("utf-8", "replace").decode()
