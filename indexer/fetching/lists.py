"""A list of URLs -> items: CSV, JSON or JSON lines, also as the only file in a zip.

Values are typed as img2dataset's sidecars have them: a column is of integers or of decimals if every cell is
(``md ver`` 5 among 5.1 and 5.2 is 5.0), otherwise of text, left as it is.
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

from indexer.base.errors import ConfigError
from indexer.fetching.models import Item

Row = dict[str, Any]
Rows = Callable[[], Iterator[Row]]  # a list's rows from its start, each time it is called

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class ListPart:
    """A column of URLs, and the folder below the target for it; ``prefix`` is put before addresses without scheme."""

    column: str
    folder: str = ""
    prefix: str = ""


# What the origins' own lists look like; any other list is one part whose column the caller names.
RECIPES: Mapping[str, tuple[ListPart, ...]] = {
    # database.csv of qbammey/polardiffshield: addresses without scheme; folders as the original script named them.
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
    # RAISE_all.csv: the TIFF conversions, as the original script asked for them.
    "raise": (ListPart("TIFF"),),
    # The file lists behind ELSA_D3: url, description, id.
    "laion": (ListPart("url"),),
    "laion400m_elsad3_real_train": (ListPart("url"),),
    "laion400m_elsad3_real_validation": (ListPart("url"),),
}


def items(path: Path, parts: Sequence[ListPart]) -> Iterator[Item]:
    """An item a row and part; its record is the row without the parts' columns.

    The list is checked at once, and read again for each part: its length takes no memory (one JSON value apart).

    Raises:
        ConfigError: it is absent, empty, of no known form, or lacks a part's column.
    """
    try:
        rows = _rows(path)
        first = next(rows(), None)
    except (OSError, ValueError, RecursionError, csv.Error, zipfile.BadZipFile) as error:
        raise ConfigError(
            f"{path} cannot be read as a list of URLs ({error}): give a CSV, JSON or JSON lines file in UTF-8"
        ) from error
    if first is None:
        raise ConfigError(f"{path} is a list without rows")
    _check_columns(first, parts)
    return _items(rows, parts)


def file_hash(path: Path) -> str:
    """The SHA-256 of a list, hex.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read as a list of URLs ({error}): see what --list names") from error


def _check_columns(first: Row, parts: Sequence[ListPart]) -> None:
    missing = [part.column for part in parts if part.column not in first]
    if missing:
        known = ", ".join(name for name in first if name)
        raise ConfigError(f"the list has no column {', '.join(missing)}; it has {known}: name one with --url-column")


def _items(rows: Rows, parts: Sequence[ListPart]) -> Iterator[Item]:
    addresses = {part.column for part in parts}
    for part in parts:
        for key, row in enumerate(rows()):
            record = {name: value for name, value in row.items() if name not in addresses}
            yield Item(part.folder, key, _address(row.get(part.column), part.prefix), record)


def _address(cell: object, prefix: str) -> str:
    text = str(cell or "").strip().encode("utf-8", "replace").decode()  # JSON can spell half a character
    return text if "://" in text or not text else prefix + text


def _rows(path: Path) -> Rows:
    """The rows of a list whose every row has been read once; of one JSON value they are kept."""
    with _text(path) as (name, text):
        suffix = PurePath(name).suffix.lower()
        if suffix == ".json":
            content = _records(json.load(text))
            return lambda: iter(content)
    if suffix in {".jsonl", ".ndjson"}:
        return _read_once(partial(_json_lines, path))
    return partial(_typed, path, _types(_csv(path)))


@contextmanager
def _text(path: Path) -> Iterator[tuple[str, TextIO]]:
    """A list's name and text; of a zip those of its only file."""
    if not zipfile.is_zipfile(path):
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield path.name, file
        return
    with zipfile.ZipFile(path) as archive:
        names = [each for each in archive.namelist() if not each.endswith("/") and not each.startswith("__MACOSX")]
        if len(names) != 1:
            raise ValueError(f"the zip holds {len(names)} files instead of one list")
        with archive.open(names[0]) as member:
            yield names[0], io.TextIOWrapper(member, encoding="utf-8-sig", newline="")


def _records(content: object) -> list[Row]:
    if not isinstance(content, list) or not all(isinstance(each, dict) for each in content):
        raise ValueError("it is no list of objects")
    return content


def _json_lines(path: Path) -> Iterator[Row]:
    with _text(path) as (_, text):
        for number, line in enumerate(text, 1):
            if line.strip():
                yield from _records([_parsed(line, number)])


def _parsed(line: str, number: int) -> object:
    try:
        return json.loads(line)
    except ValueError as error:
        raise ValueError(f"line {number}: {error}") from error


def _read_once(rows: Rows) -> Rows:
    for _ in rows():
        pass
    return rows


def _csv(path: Path) -> Iterator[dict[str, str]]:
    with _text(path) as (_, text):
        reader = csv.DictReader(text, strict=True)
        try:
            yield from map(_whole, reader)
        except (ValueError, csv.Error) as error:
            raise ValueError(f"near line {reader.line_num}: {error}") from error


def _whole(row: dict[str, str]) -> dict[str, str]:
    if None in row or None in row.values():
        raise ValueError("not as many cells as the first line has")
    return row


def _types(rows: Iterable[Mapping[str, str]]) -> dict[str, type[int] | type[float]]:
    """The columns that are of numbers, each with its type."""
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
