"""Decode names of members and loose files that are not UTF-8 with the encoding that a declaration gives."""

import codecs
import re
from collections.abc import Iterator
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from indexer.containers.models import Finding

Rows = TypeVar("Rows", pa.RecordBatch, pa.Table)

# Names of ASCII and characters that have two bytes in UTF-8; East Asian texts in UTF-8 have three per character.
_TWO_BYTES = "^[^\u0800-\U0010ffff]*[\u0080-\u07ff][^\u0800-\U0010ffff]*$"


class NameDecoder:
    """Decodes the names of one container's members, or (column ``path``) of loose files.

    ``encoding`` is None if the declaration has none.
    """

    def __init__(self, encoding: str | None, column: str = "name") -> None:
        self._encoding = encoding
        self._column = column
        self._is_east_asian = encoding is not None and _has_two_byte_characters(encoding)
        self._unknown = 0
        self._example = ""

    def decoded(self, batch: Rows) -> Rows:
        """Return rows in which names that are not UTF-8, by their column ``name_bytes``, are decoded if they fit.

        Two bytes of an East Asian encoding may happen to be UTF-8. If that encoding is declared, and a name's other
        characters are ASCII, the declaration counts.
        """
        batch = self._with_accidents(batch)
        if batch["name_bytes"].null_count == len(batch):
            return batch
        pairs = zip(batch[self._column].to_pylist(), batch["name_bytes"].to_pylist(), strict=True)
        names = [name if raw is None else self._name(name, raw) for name, raw in pairs]
        index = batch.schema.get_field_index(self._column)
        return batch.set_column(index, batch.schema.field(index), pa.array(names, batch.schema.field(index).type))

    def _with_accidents(self, batch: Rows) -> Rows:
        """Return rows that have the bytes of names which may be in the declared encoding though they are UTF-8."""
        if not self._is_east_asian or not len(batch):
            return batch
        may_be = pc.and_(pc.match_substring_regex(batch[self._column], _TWO_BYTES), batch["name_bytes"].is_null())
        index = batch.schema.get_field_index("name_bytes")
        raw = pc.if_else(may_be, batch[self._column].cast(batch.schema.field(index).type), batch["name_bytes"])
        return batch.set_column(index, batch.schema.field(index), raw)

    def findings(self) -> Iterator[Finding]:
        """Yield one finding if names are in no known encoding."""
        if self._unknown and self._encoding:
            yield Finding("name-encoding", f"{self._unknown} names are not {self._encoding}, such as {self._example}")
        elif self._unknown:
            advice = "set encoding, such as 'gbk' or 'shift_jis', in the declaration"
            detail = f"{self._unknown} names are not UTF-8, such as {self._example}; {advice}"
            yield Finding("name-encoding", detail)

    def _name(self, shown: str, raw: bytes) -> str:
        """Return the name of a row with bytes, which may be UTF-8 by accident, or if another encoding is flagged."""
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            return self._in_encoding(shown, raw)
        if not (self._is_east_asian and re.fullmatch(_TWO_BYTES, text)):
            return shown
        try:
            return raw.decode(self._encoding or "")
        except UnicodeDecodeError:
            return shown

    def _in_encoding(self, shown: str, raw: bytes) -> str:
        try:
            if self._encoding:
                name = raw.decode(self._encoding)
                # The listing replaced a DOS writer's backslashes, which may be the second bytes of characters.
                return name if "\\" in shown or "/" in name else name.replace("\\", "/")
        except UnicodeDecodeError:
            pass
        self._unknown += 1
        self._example = self._example or shown
        return shown


def _has_two_byte_characters(encoding: str) -> bool:
    """Return whether two bytes that are one character in UTF-8 are one in this encoding, too."""
    try:
        return len(b"\xc3\xa8".decode(encoding)) == 1 and codecs.lookup(encoding).name != "utf-8"
    except UnicodeDecodeError:
        return False
