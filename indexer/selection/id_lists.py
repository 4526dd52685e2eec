"""Read lists of file ids: text with one id per line, or the column ``file_id`` of a CSV or Parquet file."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.base.errors import RecipeError

COLUMN = "file_id"
_DELIMITERS = {".csv": ",;\t", ".tsv": "\t"}

IdLists = Mapping[str, Sequence[str]]
"""The ids of each split as they are written, in the order of its files; ids that occur twice are there twice."""


def read_lists(files: Mapping[str, Sequence[Path]]) -> IdLists:
    """Return the ids in ``files``, split -> files.

    Raises:
        RecipeError: a file cannot be read, has no column ``file_id``, or has no id.
    """
    return {split: [file_id for path in paths for file_id in ids_of(path)] for split, paths in files.items()}


def ids_of(path: Path) -> list[str]:
    """Return the ids of one file. Raises the errors of :func:`read_lists`."""
    reader = _READERS.get(path.suffix.lower(), _text_ids)
    try:
        found = [file_id for file_id in reader(path) if file_id.strip()]
    except (OSError, UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
        raise RecipeError(f"{path} cannot be read as a list of file ids: {error}") from error
    if not found:
        raise RecipeError(f"{path} has no file id: give one per line, or a column {COLUMN} of a CSV or Parquet file")
    return found


def _text_ids(path: Path) -> Iterator[str]:
    """Yield the lines; a first line ``file_id`` is a header."""
    lines = (line.removesuffix("\r") for line in path.read_text(encoding="utf-8-sig").split("\n"))
    for number, line in enumerate(lines):
        if number or line.strip() != COLUMN:
            yield line


def _csv_ids(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline()
        file.seek(0)
        delimiter = max(_DELIMITERS[path.suffix.lower()], key=head.count)
        rows = csv.reader(file, delimiter=delimiter)
        column = _position(path, [name.strip() for name in next(rows, [])])
        yield from (row[column] for row in rows if len(row) > column)


def _parquet_ids(path: Path) -> Iterable[str]:
    with pq.ParquetFile(path) as file:
        _position(path, file.schema_arrow.names)
        values = file.read([COLUMN]).column(COLUMN).cast(pa.string()).to_pylist()
    return (value for value in values if value is not None)


def _position(path: Path, names: list[str]) -> int:
    if COLUMN not in names:
        raise RecipeError(f"{path} has no column {COLUMN}: its columns are {', '.join(names) or '(none)'}")
    return names.index(COLUMN)


_READERS = {".csv": _csv_ids, ".tsv": _csv_ids, ".parquet": _parquet_ids}
