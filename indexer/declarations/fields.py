"""Read a TOML table key by key; whatever is wrong with it is gathered, with its address, and told at once."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from indexer.base.errors import DeclarationError
from indexer.base.suggestions import closest

T = TypeVar("T")


@dataclass(slots=True)
class Problems:
    """Every problem of every file, in the order in which they were met."""

    found: dict[str, list[str]] = field(default_factory=dict)

    def add(self, file: str, place: str, what: str) -> None:
        """``place`` says where in the file: ``rule 3``, ``tables.prompts``; empty for the file as a whole."""
        line = f"{place}: {what}" if place else what
        lines = self.found.setdefault(file, [])
        if line not in lines:
            lines.append(line)

    def refuse(self) -> None:
        """Raise what was found, if anything was.

        Raises:
            DeclarationError: lists every problem under its file.
        """
        if self.found:
            raise DeclarationError("\n".join(_told(file, lines) for file, lines in self.found.items()))


def _told(file: str, lines: list[str]) -> str:
    count = f"{len(lines)} problem" + ("s" if len(lines) > 1 else "")
    return "\n".join([f"{file}: {count}", *(f"  - {line}" for line in lines)])


def near(word: str, known: Collection[str]) -> str:
    """`` (did you mean 'x'?)`` where something known is close, else what is known, if that is short."""
    close = closest(word, known)
    if close:
        return f" (did you mean '{close}'?)"
    return f" (known: {', '.join(sorted(known))})" if 0 < len(known) <= 12 else ""


@dataclass(slots=True)
class Fields:
    """One TOML table that is being read. :meth:`close` tells which keys nobody asked for."""

    values: Mapping[str, Any]
    file: str
    place: str
    problems: Problems
    asked: set[str] = field(default_factory=set)

    def problem(self, what: str) -> None:
        """Note a problem of this table."""
        self.problems.add(self.file, self.place, what)

    def text(self, key: str, default: str = "") -> str:
        """A string."""
        value: str = self._take(key, str, "a text", default)
        return value

    def number(self, key: str) -> int | None:
        """A whole number, or None."""
        value: int | None = self._take(key, int, "a whole number", None)
        return value

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value: bool = self._take(key, bool, "true or false", default)
        return value

    def table(self, key: str) -> Mapping[str, Any]:
        """A table; empty where there is none."""
        value: Mapping[str, Any] = self._take(key, dict, "a table", {})
        return value

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A list of strings, or None."""
        values = self._take(key, list, "a list of texts", None)
        if values is not None and not all(isinstance(value, str) for value in values):
            self.problem(f"'{key}' must be a list of texts")
            return None
        return None if values is None else tuple(values)

    def tables(self, key: str) -> list[Mapping[str, Any]]:
        """A list of tables (``[[key]]``); empty where there is none."""
        values = self._take(key, list, f"a list of tables, each headed [[{key}]]", [])
        return [value for value in values if isinstance(value, dict)]

    def parsed(self, key: str, parse: Callable[[str], T]) -> T | None:
        """A string that ``parse`` understands (it raises ValueError otherwise), or None where there is none."""
        self.asked.add(key)
        return self.understood(key, self.text(key), parse) if key in self.values else None

    def understood(self, key: str, text: str, parse: Callable[[str], T]) -> T | None:
        """What ``parse`` makes of ``text``; None, and a problem of ``key``, where it raises ValueError."""
        try:
            return parse(text)
        except ValueError as error:
            self.problem(f"'{key}': {error}")
            return None

    def close(self) -> None:
        """Report the keys that mean nothing here."""
        for key in self.values:
            if key not in self.asked:
                self.problem(f"unknown key '{key}'{near(key, self.asked)}")

    def _take(self, key: str, kind: type, words: str, default: Any) -> Any:
        self.asked.add(key)
        value = self.values.get(key, default)
        if value is not default and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            self.problem(f"'{key}' must be {words}, not {value!r}")
            return default
        return value
