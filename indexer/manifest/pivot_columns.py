"""Write a PIVOT that looks up its values as a PIVOT with given values, which has a syntax tree.

DuckDB expands ``pivot t on a`` to several statements, as the values of ``a`` are the columns of its result. Each
column after ON gets one value, ``on (a, 0) in (0)``: all tables and functions stay where they are. A table that
follows a comma cannot be written so. If it is taken for a column, the result is no SQL.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from indexer.manifest.statement_names import words

_PIVOTS = frozenset(("pivot", "pivot_wider"))
_AFTER_COLUMN = frozenset((
    ",", ")", "]", "}", ";", "except", "fetch", "from", "group", "intersect", "join", "limit", "offset", "on", "order",
    "union", "using",
))  # fmt: skip
# Words before JOIN.
_JOIN_KINDS = frozenset((
    "anti", "asof", "cross", "full", "inner", "left", "natural", "outer", "positional", "right", "semi",
))  # fmt: skip


@dataclass(slots=True)
class _Level:
    """The text within one pair of brackets: whether it has a PIVOT, and the open column after ON.

    ``kind`` is the start of the words that belong to the JOIN that may follow, else -1.
    """

    has_pivot: bool = False
    start: int = -1
    values: int = -1
    kind: int = -1

    def end(self, word: str, at: int) -> int:
        """Return the end of the open column if ``word`` ends it, else -1."""
        if self.start < 0 or word not in _AFTER_COLUMN:
            return -1
        return self.kind if word == "join" and self.kind >= 0 else at


def with_values(statement: str) -> list[str]:
    """Return ``statement`` with one value per column of its PIVOTs, then a SELECT for each list of values in it."""
    text = statement.encode()
    parts, selects, done = [], [], 0
    for start, values, end in _columns(statement):
        parts += [text[done:start], b"(", text[start : values if values > 0 else end], b"\n, 0) in (0) "]
        selects += [b"select 0 " + text[values:end]] if values > 0 else []
        done = end
    return [part.decode() for part in (b"".join([*parts, text[done:]]), *selects)]


def _columns(statement: str) -> Iterator[tuple[int, int, int]]:
    """Yield the start of each column after ON of a PIVOT, that of its IN or -1, and its end, in bytes."""
    levels = [_Level()]
    for word, at in (*words(statement), (";", len(statement.encode()))):
        level = levels[-1]
        is_column = level.start >= 0
        if (end := level.end(word, at)) >= 0:
            yield level.start, level.values, end
            level.start = level.values = -1
        level.kind = -1 if word not in _JOIN_KINDS else level.kind if level.kind >= 0 else at
        if word in "([{":
            levels.append(_Level())
        elif word in ")]}" and len(levels) > 1:
            levels.pop()
        elif word in _PIVOTS:
            level.has_pivot = True
        elif level.has_pivot and (word == "on" or (word == "," and is_column)):
            level.start = at + len(word)
        elif is_column and word == "in":
            level.values = at
