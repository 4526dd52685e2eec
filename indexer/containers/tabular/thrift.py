"""Read structs of Thrift's compact protocol, in which Parquet stores its metadata.

Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md.
"""

from collections.abc import Callable
from typing import TypeAlias

Value: TypeAlias = "bool | int | bytes | float | list[Value] | Struct"
Struct: TypeAlias = "dict[int, Value]"

_STOP, _TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 0, 1, 2, 3, 7, 8, 9, 10, 11, 12
_INTEGERS = (4, 5, 6)
_DEEPEST = 16
_LONGEST_NUMBER = 10  # bytes of a 64-bit number


def read_struct(data: bytes) -> Struct:
    """Return the struct at the start of ``data``: field id -> value. Texts are bytes, enums are numbers.

    Raises:
        ValueError: the bytes are no struct, or have maps or sets, which Parquet does not use.
    """
    try:
        return _Reader(data).struct(0)
    except IndexError as error:
        raise ValueError("the struct is truncated") from error


class _Reader:
    """Reads values one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data, self._position = data, 0
        self._readers: dict[int, Callable[[int], Value]] = {
            _BYTE: lambda _: self._byte(),
            _DOUBLE: lambda _: self._take(8),
            _BINARY: lambda _: self._take(self._number()),
            _LIST: self._list,
            _STRUCT: self.struct,
            **dict.fromkeys(_INTEGERS, lambda _: self._signed()),
        }

    def struct(self, depth: int) -> Struct:
        fields: Struct = {}
        last = 0
        while (head := self._byte()) != _STOP:
            kind, step = head & 15, head >> 4
            last = last + step if step else self._signed()
            fields[last] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Value:
        if kind not in self._readers or depth >= _DEEPEST:
            raise ValueError(f"a value of kind {kind} at depth {depth}")
        return self._readers[kind](depth + 1)

    def _list(self, depth: int) -> "list[Value]":
        head = self._byte()
        kind, count = head & 15, head >> 4
        count = self._number() if count == 15 else count
        if count > len(self._data) - self._position:  # each element has a byte at least
            raise ValueError(f"a list of {count} elements")
        if kind in (_TRUE, _FALSE):
            return [self._byte() == _TRUE for _ in range(count)]
        return [self._value(kind, depth) for _ in range(count)]

    def _byte(self) -> int:
        self._position += 1
        return self._data[self._position - 1]

    def _take(self, size: int) -> bytes:
        taken = self._data[self._position : self._position + size]
        if len(taken) < size:
            raise ValueError(f"{size} bytes, {len(taken)} are left")
        self._position += size
        return taken

    def _number(self) -> int:
        number = 0
        for place in range(_LONGEST_NUMBER):
            byte = self._byte()
            number |= (byte & 127) << 7 * place
            if byte < 128:
                return number
        raise ValueError("a number is too long")

    def _signed(self) -> int:
        number = self._number()
        return number >> 1 ^ -(number & 1)
