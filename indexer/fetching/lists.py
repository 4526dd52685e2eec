"""Read a list of URLs as items: CSV, JSON or JSON lines, also as the only file in a zip.

Values are typed like those of img2dataset's sidecars. A column is integer or decimal if every cell is
(``md ver`` 5 in a column with 5.1 and 5.2 is 5.0); all other columns are text and unchanged.
"""

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath
from typing import Any, TextIO

from indexer.base.errors import ConfigError, reason_of
from indexer.fetching.models import Item

Row = dict[str, Any]
Rows = Callable[[], Iterator[Row]]  # each call yields the rows of a list from its start

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class ListPart:
    """A column of URLs, and its folder below the target; ``prefix`` is prepended to addresses without a scheme."""

    column: str
    folder: str = ""
    prefix: str = ""


# The lists that origins publish, by source; for any other list the user names one column.
KNOWN_LISTS: Mapping[str, tuple[ListPart, ...]] = {
    # database.csv of qbammey/polardiffshield: addresses without a scheme; folders as in the original script.
    "polardiffshield": tuple(
        ListPart(column, folder, "http://")
        for column, folder in (
            ("URL firefly", "firefly"),
            ("URL midjourney", "midjourney"),
            ("URL Dall.e 2", "Dall-e-2"),
            ("URL Glide", "Glide"),
            ("URL Stable Diffusion 1.*", "Stable-Diffusion"),
            ("URL Stable Diffusion 2.1", "Stable-Diffusion-2-1"),
            ("URL Stable Diffusion XL", "Stable-Diffusion-XL"),
            ("URL Dall.e 3", "Dall-e-3"),
        )
    ),
    # RAISE_all.csv: the TIFF conversions, as in the original script.
    "raise": (ListPart("TIFF"),),
    # The file lists behind ELSA_D3: url, description, id.
    "laion": (ListPart("url"),),
    "laion400m_elsad3_real_train": (ListPart("url"),),
    "laion400m_elsad3_real_validation": (ListPart("url"),),
}


def read_items(path: Path, parts: Sequence[ListPart]) -> Iterator[Item]:
    """Return one item per part and row; its record is the row without the columns of the parts.

    The list is checked before this returns, and read again for each part. Memory does not grow with its length, except
    for a list that is one JSON value.

    Raises:
        ConfigError: it is missing, empty, in no known format, or lacks a part's column.
    """
    try:
        rows = _rows(path)
        first = next(rows(), None)
    except (OSError, ValueError, RecursionError, csv.Error, zipfile.BadZipFile) as error:
        raise ConfigError(
            f"{path} cannot be read as a list of URLs ({reason_of(error)}). Expected a CSV, JSON or JSON lines file in"
            " UTF-8."
        ) from error
    if first is None:
        raise ConfigError(f"{path} is a list without rows. Check the file that --list names.")
    if missing := [part.column for part in parts if part.column not in first]:
        columns = ", ".join(name for name in first if name)
        raise ConfigError(
            f"{path} has no column {', '.join(missing)}; its columns are {columns}. Name one with --url-column."
        )
    return _items(rows, parts)


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a list, in hex.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        message = f"{path} cannot be read as a list of URLs ({reason_of(error)}). Check the file that --list names."
        raise ConfigError(message) from error


def _items(rows: Rows, parts: Sequence[ListPart]) -> Iterator[Item]:
    addresses = {part.column for part in parts}
    for part in parts:
        for key, row in enumerate(rows()):
            record = {name: value for name, value in row.items() if name not in addresses}
            yield Item(part.folder, key, _address(row.get(part.column), part.prefix), record)


def _address(cell: object, prefix: str) -> str:
    text = str(cell or "").strip().encode("utf-8", "replace").decode()  # JSON may contain a lone surrogate
    return text if "://" in text or not text else prefix + text


def _rows(path: Path) -> Rows:
    """Read every row once, and return a function that yields them; those of one JSON value are kept in memory."""
    with _text(path) as (name, text):
        suffix = PurePath(name).suffix.lower()
        if suffix == ".json":
            content = _records(json.load(text))
            return lambda: iter(content)
    if suffix in {".jsonl", ".ndjson"}:
        for _ in _json_lines(path):
            pass
        return partial(_json_lines, path)
    return partial(_typed, path, _types(_csv(path)))


@contextmanager
def _text(path: Path) -> Iterator[tuple[str, TextIO]]:
    """Yield the name and text of a list; for a zip, those of its only file."""
    if not zipfile.is_zipfile(path):
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield path.name, file
        return
    with zipfile.ZipFile(path) as archive:
        names = [each for each in archive.namelist() if not each.endswith("/") and not each.startswith("__MACOSX")]
        if len(names) != 1:
            raise ValueError(f"the zip has {len(names)} files instead of one list")
        with archive.open(names[0]) as member:
            yield names[0], io.TextIOWrapper(member, encoding="utf-8-sig", newline="")


def _records(content: object) -> list[Row]:
    if not isinstance(content, list) or not all(isinstance(each, dict) for each in content):
        raise ValueError("it is not a list of objects")
    return content


def _json_lines(path: Path) -> Iterator[Row]:
    with _text(path) as (_, text):
        for number, line in enumerate(text, 1):
            if line.strip():
                try:
                    value = json.loads(line)
                except ValueError as error:
                    raise ValueError(f"line {number}: {error}") from error
                yield from _records([value])


def _csv(path: Path) -> Iterator[dict[str, str]]:
    with _text(path) as (_, text):
        reader = csv.DictReader(text, strict=True)
        try:
            yield from map(_check_cells, reader)
        except (ValueError, csv.Error) as error:
            raise ValueError(f"near line {reader.line_num}: {error}") from error


def _check_cells(row: dict[str, str]) -> dict[str, str]:
    if None in row or None in row.values():
        raise ValueError("the row and the header have different numbers of cells")
    return row


def _types(rows: Iterable[Mapping[str, str]]) -> dict[str, type[int] | type[float]]:
    """Return the numeric columns with their types."""
    integers = decimals = None
    dotted = set[str]()
    for row in rows:
        integers = {name for name in (row if integers is None else integers) if _INTEGER.fullmatch(row[name])}
        decimals = {name for name in (row if decimals is None else decimals) if _DECIMAL.fullmatch(row[name])}
        dotted |= {name for name in decimals if "." in row[name]}
    return dict.fromkeys((decimals or set()) & dotted, float) | dict.fromkeys(integers or (), int)


def _typed(path: Path, types: Mapping[str, type[int] | type[float]]) -> Iterator[Row]:
    for row in _csv(path):
        yield row | {name: convert(row[name]) for name, convert in types.items()}
