"""Raw rows of one archive, their Arrow batches, and the findings of a listing."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from indexer.containers.models import MEMBER_SCHEMA, Access, Finding

BATCH_ROWS = 65_536
FINDINGS_PER_CODE = 1_000

# Findings that leave a listing complete: all members are listed, even if some cannot be read.
_HARMLESS = frozenset(
    {"empty", "extension", "image-suffix", "name-differs", "not-a-file", "offsets-wrapped", "repeated-name"}
    | {"volume-stray"}
)


@dataclass(frozen=True, slots=True)
class Row:
    """A member with name, ordinal and offset inside its own archive."""

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
    """Return a name as text, and its bytes if they are not UTF-8 (then the text is escaped)."""
    try:
        return raw.decode("utf-8"), None
    except UnicodeDecodeError:
        return raw.decode("utf-8", "backslashreplace"), raw


def shown(path: str) -> str:
    """Return a path on disk as UTF-8: bytes that are not UTF-8 (surrogate escapes) are spelled ``\\xff``."""
    return decoded(os.fsencode(path))[0]


def batch_of(rows: list[Row]) -> pa.RecordBatch:
    """Return ``rows`` as a batch of MEMBER_SCHEMA; ``path`` is empty, the walk fills it in."""
    names = [decoded(row.name) for row in rows]
    columns = {key: [getattr(row, key) for row in rows] for key in Row.__slots__ if key != "name"}
    return batch_from(
        columns | {"name": [name for name, _ in names], "name_bytes": [raw for _, raw in names]}, len(rows)
    )


def batch_from(columns: Mapping[str, Any], length: int) -> pa.RecordBatch:
    """Return a batch of MEMBER_SCHEMA from lists or arrays; missing columns are null, a missing ``path`` is empty."""

    def column(name: str, kind: pa.DataType) -> pa.Array:
        values = columns.get(name, [""] * length if name == "path" else None)
        if values is None:
            return pa.nulls(length, kind)
        return values if isinstance(values, pa.Array) else pa.array(values, kind)

    return pa.RecordBatch.from_arrays([column(f.name, f.type) for f in MEMBER_SCHEMA], schema=MEMBER_SCHEMA)


def batches_of(rows: Iterator[Row], size: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
    """Yield batches of rows."""
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
    """The findings of one container, collected while it is listed. ``declared`` is None if no count is declared."""

    findings: list[Finding] = field(default_factory=list)
    declared: int | None = None
    counts: Counter[str] = field(default_factory=Counter)
    reason: str | None = None

    def add(self, code: str, detail: str, ordinal: int | None = None) -> None:
        """Add a finding; the first thousand of each code are kept, the rest are counted."""
        self.counts[code] += 1
        if self.counts[code] <= FINDINGS_PER_CODE:
            self.findings.append(Finding(code, detail, ordinal))
        if code not in _HARMLESS and self.reason is None:
            self.reason = f"{code}: {detail}"

    def declare(self, members: int) -> None:
        """Add the number of members that the archive, or one nested in it, declares."""
        self.declared = (self.declared or 0) + members

    def all_findings(self) -> tuple[Finding, ...]:
        """Return the findings, and one more for each code of which some were only counted."""
        more = {code: count - FINDINGS_PER_CODE for code, count in self.counts.items() if count > FINDINGS_PER_CODE}
        return (*self.findings, *(Finding(code, f"and {count} more") for code, count in sorted(more.items())))

    def below(self, ordinal: int, name: str) -> "Health":
        """Return the record for an archive nested in member ``ordinal``: its findings belong to that member."""
        return _NestedHealth(self, ordinal, name)


class _NestedHealth(Health):
    """Adds everything to the container's findings."""

    def __init__(self, container: Health, ordinal: int, name: str) -> None:
        super().__init__()
        self._container, self._ordinal, self._name = container, ordinal, name

    def add(self, code: str, detail: str, ordinal: int | None = None) -> None:  # noqa: ARG002
        self._container.add(code, f"{self._name}: {detail}", self._ordinal)

    def declare(self, members: int) -> None:
        self._container.declare(members)

    def below(self, ordinal: int, name: str) -> Health:  # noqa: ARG002
        return self._container.below(self._ordinal, name)
