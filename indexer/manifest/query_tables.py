"""Open the further tables of a query: CSV, TSV, Parquet and Arrow files of the user, as data sets of pyarrow."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from indexer.base.delimiters import TEXT_TABLES, delimiter_of
from indexer.base.errors import QueryError, reason_of

_FORMATS = {".parquet": "parquet", ".arrow": "ipc", ".feather": "ipc"}
_ID_COLUMN = "file_id"
_LONGEST_HEADER = 1 << 20  # characters
_ID_OF_DIGITS = re.compile(r"\s*(?:[+-]?0\d+|\d{19,})\s*", re.ASCII)  # as a number, it would lose digits


def opened(path: Path) -> Any:
    """Return the rows of a file as a data set of pyarrow, which reads them when they are needed.

    Raises:
        QueryError: the file has no suffix of a known table, or cannot be read as the format of its suffix.
    """
    import pyarrow.dataset  # noqa: PLC0415 - slow to load, and few queries need it

    suffix = path.suffix.lower()
    if suffix not in (known := (*_FORMATS, *TEXT_TABLES)):
        raise QueryError(f"{path} has no suffix of a known table: name a file in {', '.join(known)}")
    if not path.is_file():
        raise QueryError(f"{path} cannot be read as a table: there is no such file")
    try:
        form = _FORMATS.get(suffix) or _text_format(path)
        data = pyarrow.dataset.dataset(str(path), format=form)
        list(data.schema.names)  # decodes them
        fields = [field.with_type(_readable(field.type)) for field in data.schema]
        if fields != list(data.schema):
            data = pyarrow.dataset.dataset(str(path), format=form, schema=pa.schema(fields))
    except UnicodeDecodeError as error:
        raise QueryError(f"{path} cannot be read as a table: it is not text in UTF-8") from error
    except (OSError, csv.Error, pa.ArrowException) as error:
        reason = reason_of(error).rpartition("Invalid: ")[2]
        raise QueryError(f"{path} cannot be read as a table: {reason}") from error
    return data


def _readable(kind: pa.DataType) -> pa.DataType:
    """Return the type itself, or one that DuckDB reads instead of numbers of 16 bits or over 38 digits."""
    if pa.types.is_float16(kind):
        return pa.float32()
    if pa.types.is_decimal256(kind):
        return pa.float64()
    if pa.types.is_list(kind) and (value := _readable(kind.value_type)) != kind.value_type:
        return pa.list_(value)
    return kind


def _text_format(path: Path) -> Any:
    """Return the format of a text file with columns. Ids in its first megabyte stay texts: ``007`` is no number."""
    import pyarrow.csv  # noqa: PLC0415 - as above

    with path.open(encoding="utf-8-sig", newline="") as file:
        header = file.readline(_LONGEST_HEADER)
    parse = pyarrow.csv.ParseOptions(delimiter=delimiter_of(path.suffix.lower(), header), newlines_in_values=True)
    names = next(csv.reader([header], delimiter=parse.delimiter), [])
    stripped = [name.strip() for name in names]
    read = pyarrow.csv.ReadOptions(use_threads=False)  # else errors have no number of the row
    is_complete = header.count('"') % 2 == 0  # else a name has a line break
    if stripped != names and any(stripped) and is_complete:
        read.column_names, read.skip_rows = stripped, 1
    texts = dict.fromkeys(stripped, pa.string())
    with pyarrow.csv.open_csv(path, read, parse, pyarrow.csv.ConvertOptions(column_types=texts)) as reader:
        ids = _columns_of_ids(next(iter(reader), None))
    convert = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(ids, pa.string()))
    return pyarrow.dataset.CsvFileFormat(parse_options=parse, convert_options=convert, read_options=read)


def _columns_of_ids(rows: pa.RecordBatch | None) -> Iterator[str]:
    """Yield the columns that are named as ids are, or have a number in these rows that would lose digits."""
    for name, values in rows.to_pydict().items() if rows else ():
        if name.lower() == _ID_COLUMN or any(_ID_OF_DIGITS.fullmatch(str(value)) for value in values):
            yield name
