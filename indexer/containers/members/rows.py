"""Raw rows on their way into Arrow, and what a listing finds wrong on its way."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from indexer.containers.models import MEMBER_SCHEMA, Access, Finding

BATCH_ROWS = 65_536
FINDINGS_PER_CODE = 1_000

# Findings that leave the listing itself whole: the members are all there, whatever is wrong with some of them.
_HARMLESS = frozenset(
    {"encrypted", "empty", "extension", "limit", "method", "not-a-file", "repeated-name", "sparse", "volume-stray"}
)


@dataclass(frozen=True, slots=True)
class Row:
    """A member, in terms of the archive it lies in: name, ordinal and offset count from there."""

    ordinal: int
    name: bytes
    size: int | None
    access: Access
    packed_size: int | None = None
    method: str | None = "stored"
    crc32: int | None = None
    offset: int | None = None
    problem: str | None = None


def decoded(raw: bytes) -> tuple[str, bytes | None]:
    """A name for people, and its bytes where they are not UTF-8 (then the name is escaped)."""
    try:
        return raw.decode("utf-8"), None
    except UnicodeDecodeError:
        return raw.decode("utf-8", "backslashreplace"), raw


def shown(path: str) -> str:
    """A path on disk as UTF-8: its surrogate escapes, bytes that are none, are spelled ``\\xff``."""
    return decoded(os.fsencode(path))[0]


def batch_of(rows: list[Row]) -> pa.RecordBatch:
    """``rows`` as a batch of MEMBER_SCHEMA; ``path`` is left empty for whoever knows it."""
    names = [decoded(row.name) for row in rows]
    columns = {key: [getattr(row, key) for row in rows] for key in Row.__slots__ if key != "name"}
    return batch_from(
        columns | {"name": [name for name, _ in names], "name_bytes": [raw for _, raw in names]}, len(rows)
    )


def batch_from(columns: Mapping[str, Any], length: int) -> pa.RecordBatch:
    """A batch of MEMBER_SCHEMA out of lists or arrays; missing columns are null, a missing ``path`` is empty."""

    def column(name: str, kind: pa.DataType) -> pa.Array:
        values = columns.get(name, [""] * length if name == "path" else None)
        if values is None:
            return pa.nulls(length, kind)
        return values if isinstance(values, pa.Array) else pa.array(values, kind)

    return pa.RecordBatch.from_arrays([column(f.name, f.type) for f in MEMBER_SCHEMA], schema=MEMBER_SCHEMA)


def batches_of(rows: Iterator[Row], size: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
    """Rows gathered into batches."""
    gathered: list[Row] = []
    for row in rows:
        gathered.append(row)
        if len(gathered) >= size:
            yield batch_of(gathered)
            gathered = []
    if gathered:
        yield batch_of(gathered)


@dataclass
class Health:
    """What is wrong with one container, gathered while it is listed. ``declared`` is None as long as nobody knows."""

    findings: list[Finding] = field(default_factory=list)
    declared: int | None = None
    counts: Counter[str] = field(default_factory=Counter)
    reason: str | None = None

    def add(self, code: str, detail: str, ordinal: int | None = None) -> None:
        """Note a finding; of one code the first thousand are kept, the rest counted."""
        self.counts[code] += 1
        if self.counts[code] <= FINDINGS_PER_CODE:
            self.findings.append(Finding(code, detail, ordinal))
        if code not in _HARMLESS and self.reason is None:
            self.reason = f"{code}: {detail}"

    def declare(self, members: int) -> None:
        """The archive, or one nested in it, says that it holds ``members``."""
        self.declared = (self.declared or 0) + members

    def all_findings(self) -> tuple[Finding, ...]:
        """The findings, and for each code with more than were kept how many more there were."""
        more = {code: count - FINDINGS_PER_CODE for code, count in self.counts.items() if count > FINDINGS_PER_CODE}
        return (*self.findings, *(Finding(code, f"and {count} more") for code, count in sorted(more.items())))

    def below(self, ordinal: int, name: str) -> "Health":
        """Where an archive nested in member ``ordinal`` notes its findings: they are that member's."""
        return _NestedHealth(self, ordinal, name)


class _NestedHealth(Health):
    """Passes everything on to the container's."""

    def __init__(self, container: Health, ordinal: int, name: str) -> None:
        super().__init__()
        self._container, self._ordinal, self._name = container, ordinal, name

    def add(self, code: str, detail: str, ordinal: int | None = None) -> None:  # noqa: ARG002
        self._container.add(code, f"{self._name}: {detail}", self._ordinal)

    def declare(self, members: int) -> None:
        self._container.declare(members)

    def below(self, ordinal: int, name: str) -> Health:  # noqa: ARG002
        return self._container.below(self._ordinal, name)
