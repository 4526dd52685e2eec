"""Decode names of members that are not UTF-8 with the encoding that a declaration gives."""

from collections.abc import Iterator

import pyarrow as pa

from indexer.containers.models import Finding


class NameDecoder:
    """Decodes the names of one container's members. ``encoding`` is None if the declaration has none."""

    def __init__(self, encoding: str | None) -> None:
        self._encoding = encoding
        self._unknown = 0
        self._example = ""

    def decoded(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return a batch of MEMBER_SCHEMA in which names that are not UTF-8 are decoded, if the encoding fits."""
        if batch["name_bytes"].null_count == len(batch):
            return batch
        pairs = zip(batch["name"].to_pylist(), batch["name_bytes"].to_pylist(), strict=True)
        names = pa.array([name if raw is None else self._name(name, raw) for name, raw in pairs], pa.string())
        index = batch.schema.get_field_index("name")
        return batch.set_column(index, batch.schema.field(index), names)

    def findings(self) -> Iterator[Finding]:
        """Yield one finding if names are in no known encoding."""
        if self._unknown and self._encoding:
            yield Finding("name-encoding", f"{self._unknown} names are not {self._encoding}, such as {self._example}")
        elif self._unknown:
            advice = "set encoding, such as 'gbk' or 'shift_jis', in the declaration"
            detail = f"{self._unknown} names are not UTF-8, such as {self._example}; {advice}"
            yield Finding("name-encoding", detail)

    def _name(self, shown: str, raw: bytes) -> str:
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError:
            return self._in_encoding(shown, raw)
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
