"""Read values out of a TOML table and gather what is wrong with them, each with its address."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import duckdb

from indexer.declarations.fields import near

Default = TypeVar("Default")

_LARGEST = 10**12  # more images than any manifest has, and few enough to be counted with in 64 bits


def unknown_keys(table: Mapping[str, object], known: Iterable[str], address: str) -> list[str]:
    """A problem for each key that is not ``known``, with the nearest one that is."""
    names = list(known)
    return [f"{address}'{key}' is unknown{near(key, names)}" for key in table if key not in names]


@dataclass(frozen=True, slots=True)
class Fields:
    """The values of one TOML table. What is wrong is noted, and something usable returned in its place."""

    values: Mapping[str, Any]
    address: str
    problems: list[str]

    def text_or_number(self, key: str) -> str:
        """A text, or a whole number as text; missing is a problem."""
        value = self.values.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            return str(value)
        return self._wrong(key, "a text or a whole number", "")

    def whole(self, key: str, default: int | None, least: int) -> int | None:
        """A whole number of ``least`` or more, a trillion at most."""
        value: int | None = self.values.get(key, default)
        if value is default or (_is_whole(value) and value is not None and least <= value <= _LARGEST):
            return value
        return self._wrong(key, f"a whole number from {least} to {_LARGEST:,}", default)

    def up_to(self, key: str, default: int, limits: tuple[int, int]) -> int:
        """A whole number within ``limits``, both included."""
        value = self.values.get(key, default)
        if _is_whole(value) and limits[0] <= value <= limits[1]:
            return int(value)
        return self._wrong(key, f"a whole number from {limits[0]} to {limits[1]}", default)

    def number(self, key: str, default: float, limits: tuple[float, float]) -> float:
        """A number within ``limits``, both included."""
        value = self.values.get(key, default)
        if isinstance(value, int | float) and not isinstance(value, bool) and limits[0] <= value <= limits[1]:
            return float(value)
        return self._wrong(key, f"a number from {limits[0]:g} to {limits[1]:g}", default)

    def truth(self, key: str, *, default: bool) -> bool:
        """True or false."""
        value = self.values.get(key, default)
        return value if isinstance(value, bool) else self._wrong(key, "true or false", default)

    def one_of(self, key: str, words: tuple[str, ...]) -> str:
        """One of ``words``; the first of them if there is none."""
        value: str = self.values.get(key, words[0])
        return value if value in words else self._wrong(key, " or ".join(f'"{word}"' for word in words), words[0])

    def names(self, key: str, default: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """A list of texts, each once."""
        value: object = self.values.get(key, default)
        if value is default:
            return default
        if isinstance(value, list) and all(isinstance(name, str) for name in value) and len(set(value)) == len(value):
            return tuple(value)
        return self._wrong(key, "a list of texts, each once", default)

    def pattern(self, key: str) -> str | None:
        """A regular expression that DuckDB understands, or None."""
        value: object = self.values.get(key)
        if value is None or (isinstance(value, str) and _is_pattern(value)):
            return value
        return self._wrong(key, "a regular expression (of RE2)", None)

    def all_whole(self) -> dict[str, int]:
        """Every value of the table, as whole numbers."""
        return {key: self.whole(key, 0, 0) or 0 for key in self.values}

    def table(self, key: str, known: tuple[str, ...] | None = None) -> Mapping[str, Any]:
        """A table below this one; empty if there is none. ``known`` are the keys it may have (None: any)."""
        value: Mapping[str, Any] = self.values.get(key, {})
        if not isinstance(value, dict):
            return self._wrong(key, "a table", {})
        if known is not None:
            self.problems.extend(unknown_keys(value, known, f"{self.address}{key}: "))
        return value

    def tables(self, key: str) -> list[tuple[str, Mapping[str, Any]]]:
        """The tables below a table, by name."""
        below = Fields(self.table(key), f"{self.address}{key}.", self.problems)
        return [(name, below.table(name)) for name in below.values]

    def _wrong(self, key: str, wanted: str, instead: Default) -> Default:
        found = f"is {self.values[key]!r}, not" if key in self.values else "is missing:"
        self.problems.append(f"{self.address}{key} {found} {wanted}")
        return instead


def _is_pattern(text: str) -> bool:
    try:
        duckdb.execute("select regexp_matches('', $text)", {"text": text}).fetchall()
    except duckdb.Error:
        return False
    return True


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
