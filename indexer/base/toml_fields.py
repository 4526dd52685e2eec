"""Read TOML tables key by key, and report every problem of every file at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from indexer.base.errors import ProjectError
from indexer.base.suggestions import near

T = TypeVar("T")


@dataclass(slots=True)
class Problems:
    """The problems of all files, in the order in which they were found."""

    found: dict[str, list[str]] = field(default_factory=dict)

    def add(self, file: str, address: str, message: str) -> None:
        """Add a problem. ``address`` is a place in the file (``rule 3``), or empty for the file as a whole."""
        line = f"{address}: {message}" if address else message
        lines = self.found.setdefault(file, [])
        if line not in lines:
            lines.append(line)

    def text(self) -> str:
        """Return a list of the problems per file; empty if there are none."""
        reports = []
        for file, lines in self.found.items():
            count = f"{len(lines)} problem" + ("s" if len(lines) > 1 else "")
            reports.append("\n".join([f"{file}: {count}", *(f"  - {line}" for line in lines)]))
        return "\n".join(reports)

    def refuse(self, error: type[ProjectError]) -> None:
        """Raise ``error`` with :meth:`text`, if there are problems."""
        if self.found:
            raise error(self.text())


@dataclass(slots=True)
class Fields:
    """One TOML table that is being read.

    Each method returns the value of a key, or its default if there is none. An invalid value is a problem, and the
    default is returned instead. :meth:`close` reports the keys that were never read.
    """

    values: Mapping[str, Any]
    file: str
    address: str
    problems: Problems
    read_keys: set[str] = field(default_factory=set)

    def problem(self, message: str) -> None:
        """Add a problem of this table."""
        self.problems.add(self.file, self.address, message)

    def below(self, address: str, values: object) -> "Fields":
        """Return another table of the same file; an empty one if ``values`` is not a table."""
        if not isinstance(values, dict):
            self.problems.add(self.file, address, "must be a table")
            values = {}
        return Fields(values, self.file, address, self.problems)

    def text(self, key: str, default: str = "") -> str:
        """Return a string."""
        value: str = self._take(key, "a text", default, lambda value: isinstance(value, str))
        return value

    def text_or_integer(self, key: str, default: str = "") -> str:
        """Return a string, or a whole number as one."""
        if isinstance(self.values.get(key), int) and not isinstance(self.values[key], bool):
            return str(self.integer(key))
        return self.text(key, default)

    def integer(self, key: str, default: int | None = None, limits: tuple[int, int] | None = None) -> int | None:
        """Return a whole number within ``limits``, both included."""
        words = f"a whole number from {limits[0]:,} to {limits[1]:,}" if limits else "a whole number"
        value: int | None = self._take(key, words, default, lambda value: _is_within(value, int, limits))
        return value

    def number(self, key: str, default: float, limits: tuple[float, float]) -> float:
        """Return a number within ``limits``, both included."""
        words = f"a number from {limits[0]:g} to {limits[1]:g}"
        return float(self._take(key, words, default, lambda value: _is_within(value, int | float, limits)))

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        value: bool = self._take(key, "true or false", default, lambda value: isinstance(value, bool))
        return value

    def choice(self, key: str, choices: Sequence[str]) -> str:
        """Return one of ``choices``, of which the first is the default."""
        value: str = self._take(key, " or ".join(choices), choices[0], lambda value: value in choices)
        return value

    def texts(self, key: str, *, distinct: bool = False) -> tuple[str, ...] | None:
        """Return a list of strings, or None."""
        words = "a list of texts, each once" if distinct else "a list of texts"
        values = self._take(key, words, None, lambda values: _are_texts(values, distinct=distinct))
        return None if values is None else tuple(values)

    def table(self, key: str) -> Mapping[str, Any]:
        """Return a table; an empty one if there is none."""
        value: Mapping[str, Any] = self._take(key, "a table", {}, lambda value: isinstance(value, dict))
        return value

    def tables(self, key: str) -> list[Mapping[str, Any]]:
        """Return a list of tables (``[[key]]``); an empty one if there is none."""
        words = f"a list of tables, each headed [[{key}]]"
        values = self._take(key, words, [], lambda value: isinstance(value, list))
        return [value for value in values if isinstance(value, dict)]

    def parsed(self, key: str, parse: Callable[[str], T]) -> T | None:
        """Return the result of ``parse`` for a string; None if there is none, or if ``parse`` raises ValueError."""
        self.read_keys.add(key)
        return self.understood(key, self.text(key), parse) if key in self.values else None

    def understood(self, key: str, text: str, parse: Callable[[str], T]) -> T | None:
        """Return the result of ``parse`` for ``text``; None, and a problem of ``key``, if it raises ValueError."""
        try:
            return parse(text)
        except ValueError as error:
            self.problem(f"'{key}': {error}")
            return None

    def close(self) -> None:
        """Report the keys that were never read."""
        for key in self.values:
            if key not in self.read_keys:
                self.problem(f"unknown key '{key}'{near(key, self.read_keys)}")

    def _take(self, key: str, words: str, default: Any, is_valid: Callable[[Any], bool]) -> Any:
        self.read_keys.add(key)
        if key not in self.values or is_valid(self.values[key]):
            return self.values.get(key, default)
        self.problem(f"'{key}' must be {words}, not {self.values[key]!r}")
        return default


def _is_within(value: object, kind: Any, limits: tuple[float, float] | None) -> bool:
    if not isinstance(value, kind) or isinstance(value, bool):
        return False
    return limits is None or limits[0] <= value <= limits[1]


def _are_texts(values: object, *, distinct: bool) -> bool:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        return False
    return not distinct or len(set(values)) == len(values)
