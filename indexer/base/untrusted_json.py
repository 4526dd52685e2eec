"""Read JSON files that others may have written: bounded, strict, and each value with the type that is required."""

import json
import stat
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

Value = TypeVar("Value")

MAX_SIZE = 256 << 20  # bytes
_SHOWN = 60  # characters of a wrong value


class InvalidJson(ValueError):
    """A JSON file is damaged, or a value is missing or has another type than required. The message is one line."""


def read_json(path: Path, max_size: int = MAX_SIZE) -> Any:
    """Return the content of a file.

    Raises:
        OSError: it cannot be read.
        InvalidJson: it is no regular file, too large, no JSON, nested too deeply, or has repeated keys, NaN, infinity
            or half a surrogate pair.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):  # a pipe or device may have no end
        raise InvalidJson("it is no regular file")
    if status.st_size > max_size:
        raise InvalidJson(f"it is larger than {max_size:,} bytes")
    try:
        content = json.loads(path.read_bytes(), object_pairs_hook=_without_repeats, parse_constant=_refuse)
        json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
    except InvalidJson:
        raise
    except (ValueError, RecursionError) as error:
        raise InvalidJson(f"it is not valid JSON: {str(error)[:200]}") from error
    return content


class JsonObject:
    """An object of a file. Each method returns the value of a key, which must exist and have the method's type.

    Raises:
        InvalidJson: the content is no object; in methods: the key is missing or has a value of another type.
    """

    def __init__(self, content: object, name: str = "the file") -> None:
        if not isinstance(content, dict):
            raise InvalidJson(f"{name} is no object")
        self.content: dict[str, Any] = content
        self._name = name

    def text(self, key: str) -> str:
        """Return a text."""
        return self._checked(key, str, "a text")

    def count(self, key: str) -> int:
        """Return an integer of at least 0 that fits in 64 bits."""
        value = self._checked(key, int, "a number")
        if not 0 <= value < 1 << 63:
            raise InvalidJson(f"{key} is {_shown(value)}")
        return value

    def flag(self, key: str) -> bool:
        """Return true or false; false if the key is missing."""
        return self._checked(key, bool, "true or false") if key in self.content else False

    def object(self, key: str) -> "JsonObject":
        """Return an object."""
        return JsonObject(self._checked(key, dict, "an object"), key)

    def list(self, key: str, kind: Callable[[Any], Value]) -> list[Value]:
        """Return a list; ``kind`` checks and converts each item."""
        return [kind(item) for item in self._checked(key, list, "a list")]

    def each(self, kind: Callable[[Any], Value]) -> dict[str, Value]:
        """Return all values by key; ``kind`` checks and converts each."""
        return {key: kind(value) for key, value in self.content.items()}

    def _checked(self, key: str, kind: type[Value], words: str) -> Value:
        if key not in self.content:
            raise InvalidJson(f"{self._name} lacks '{key}'")
        value = self.content[key]
        if type(value) is not kind:  # a bool is no number
            raise InvalidJson(f"{key} is {_shown(value)}, not {words}")
        return value


def text(value: object) -> str:
    """Return ``value``, which must be a text."""
    if not isinstance(value, str):
        raise InvalidJson(f"{_shown(value)} is not a text")
    return value


def _shown(value: object) -> str:
    return f"{value!r:.{_SHOWN}}"


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    for name, count in Counter(name for name, _ in pairs).items():
        if count > 1:
            raise InvalidJson(f"repeated key {_shown(name)}")
    return dict(pairs)


def _refuse(word: str) -> None:
    raise InvalidJson(f"{word} is no number")
