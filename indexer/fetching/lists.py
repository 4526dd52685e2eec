"""A list of URLs -> items: CSV, JSON or JSON lines, also as the only file in a zip.

Values are typed as img2dataset's sidecars have them: a column is of integers or of decimals if every cell is
(``md ver`` 5 among 5.1 and 5.2 is 5.0), otherwise of text, left as it is.
"""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer.errors import ConfigError
from indexer.fetching.shapes import Item

Rows = list[dict[str, Any]]

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Part:
    """A column of URLs, and the folder below the target for it; ``prefix`` is put before addresses without scheme."""

    column: str
    folder: str = ""
    prefix: str = ""


# What the origins' own lists look like; any other list is one part whose column the caller names.
RECIPES: Mapping[str, tuple[Part, ...]] = {
    # database.csv of qbammey/polardiffshield: addresses without scheme; folders as the original script named them.
    "polardiffshield": tuple(
        Part(column, folder, "http://")
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
    "raise": (Part("TIFF"),),
    # The file lists behind ELSA_D3: url, description, id.
    "laion": (Part("url"),),
    "laion400m_elsad3_real_train": (Part("url"),),
    "laion400m_elsad3_real_validation": (Part("url"),),
}


def read(path: Path) -> Rows:
    """The rows of a list, cells typed.

    Raises:
        ConfigError: it is absent, empty, or of no known form.
    """
    try:
        rows = _parse(*_content(path))
    except (OSError, ValueError, csv.Error, zipfile.BadZipFile) as error:
        raise ConfigError(
            f"{path} cannot be read as a list of URLs ({error}): give a CSV, JSON or JSON lines file"
        ) from error
    if not rows:
        raise ConfigError(f"{path} is a list without rows")
    return rows


def items(rows: Rows, parts: Sequence[Part]) -> Iterator[Item]:
    """An item a row and part; its record is the row without the parts' columns.

    Raises:
        ConfigError: the list lacks a part's column.
    """
    missing = [part.column for part in parts if part.column not in rows[0]]
    if missing:
        known = ", ".join(name for name in rows[0] if name)
        raise ConfigError(f"the list has no column {', '.join(missing)}; it has {known}: name one with --url-column")
    addresses = {part.column for part in parts}
    for part in parts:
        for key, row in enumerate(rows):
            record = {name: value for name, value in row.items() if name not in addresses}
            yield Item(part.folder, key, _address(row.get(part.column), part.prefix), record)


def _address(cell: object, prefix: str) -> str:
    text = str(cell or "").strip()
    return text if "://" in text or not text else prefix + text


def _content(path: Path) -> tuple[str, bytes]:
    """A list's name and bytes; of a zip those of its only file."""
    if not zipfile.is_zipfile(path):
        return path.name, path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        names = [each for each in archive.namelist() if not each.endswith("/") and not each.startswith("__MACOSX")]
        if len(names) != 1:
            raise ValueError(f"the zip holds {len(names)} files instead of one list")
        return names[0], archive.read(names[0])


def _parse(name: str, data: bytes) -> Rows:
    text = data.decode("utf-8-sig")
    if name.lower().endswith(".json"):
        return _records(json.loads(text))
    if name.lower().endswith((".jsonl", ".ndjson")):
        return _records([json.loads(line) for line in text.splitlines() if line.strip()])
    return _typed(list(csv.DictReader(io.StringIO(text, newline=""), strict=True)))


def _records(content: object) -> Rows:
    if not isinstance(content, list) or not all(isinstance(each, dict) for each in content):
        raise ValueError("it is no list of objects")
    return content


def _typed(rows: Rows) -> Rows:
    if any(None in row or None in row.values() for row in rows):
        raise ValueError("its rows have different numbers of cells")
    for name in rows[0] if rows else ():
        convert = _type_of([row[name] for row in rows])
        for row in rows:
            row[name] = convert(row[name])
    return rows


def _type_of(cells: Sequence[str]) -> type[int] | type[float] | type[str]:
    if all(_INTEGER.fullmatch(cell) for cell in cells):
        return int
    return float if all(_DECIMAL.fullmatch(cell) for cell in cells) and any("." in cell for cell in cells) else str
