"""Read lists of file ids: text with one id per line, or the column ``file_id`` of a CSV or Parquet file."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.base.delimiters import TEXT_TABLES, delimiter_of
from indexer.base.errors import RecipeError, reason_of

COLUMN = "file_id"

IdLists = Mapping[str, Sequence[str]]
"""The ids of each split as they are written, in the order of its files; ids that occur twice are there twice."""


def read_lists(files: Mapping[str, Sequence[Path]]) -> IdLists:
    """Return the ids in ``files``, split -> files.

    Raises:
        RecipeError: a file cannot be read, has no column ``file_id``, has no id, or has a row without one.
    """
    return {split: [file_id for path in paths for file_id in ids_of(path)] for split, paths in files.items()}


def ids_of(path: Path) -> list[str]:
    """Return the ids of one file. Raises the errors of :func:`read_lists`."""
    reader = _READERS.get(path.suffix.lower(), _text_ids)
    try:
        found = [file_id for file_id in reader(path) if file_id.strip()]
    except (OSError, UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
        raise RecipeError(f"{path} cannot be read as a list of file ids: {reason_of(error)}") from error
    if not found:
        raise RecipeError(f"{path} has no file id: give one per line, or a column {COLUMN} of a CSV or Parquet file")
    return found


def _text_ids(path: Path) -> Iterator[str]:
    """Yield the lines; a first line ``file_id``, in any case, is a header."""
    lines = (line.removesuffix("\r") for line in path.read_text(encoding="utf-8-sig").split("\n"))
    for number, line in enumerate(lines):
        if number or line.strip().lower() != COLUMN:
            yield line


def _csv_ids(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline()
        file.seek(0)
        delimiter = delimiter_of(path.suffix.lower(), head)
        rows = csv.reader(file, delimiter=delimiter)
        names = [name.strip() for name in next(rows, [])]
        column = _position(path, names)
        for row in rows:
            values = [number for number, value in enumerate(row) if value.strip()]
            if values and (column not in values or values[-1] >= len(names)):
                fault = "more values than columns" if column in values else f"no {COLUMN}"
                raise RecipeError(
                    f"{path}, line {rows.line_num}: the row has {fault}; the columns are {', '.join(names)}, and a"
                    f" value that contains {delimiter!r} needs quotes"
                )
            if values:
                yield row[column]


def _parquet_ids(path: Path) -> Iterator[str]:
    with pq.ParquetFile(path) as file:
        names = file.schema_arrow.names
        name = names[_position(path, names)]
        values = file.read([name]).column(name).cast(pa.string()).to_pylist()
    for row, value in enumerate(values, start=1):
        if not (value or "").strip():
            raise RecipeError(f"{path}, row {row}: the {COLUMN} is null or empty: leave the row out")
        yield value


def _position(path: Path, names: list[str]) -> int:
    """Return the position of the column, whose name may be written in any case, as in SQL."""
    found = [name.lower() for name in names]
    if COLUMN not in found:
        raise RecipeError(f"{path} has no column {COLUMN}: its columns are {', '.join(names) or '(none)'}")
    return found.index(COLUMN)


_READERS = {".parquet": _parquet_ids, **dict.fromkeys(TEXT_TABLES, _csv_ids)}
