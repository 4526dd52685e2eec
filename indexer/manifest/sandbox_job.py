"""The protocol between the process that sends a query and the process that runs it."""

from dataclasses import dataclass, field

REFUSED = 3  # exit status: standard error has the reason
LENGTH_BYTES = 8  # of the length that precedes the query


@dataclass(frozen=True, slots=True)
class Job:
    """One query's surroundings: the manifest, the limits of :class:`QueryLimits`, and further tables by name."""

    parent: int
    manifest: str
    memory: int
    seconds: float
    threads: int
    output: int
    tables: dict[str, str] = field(default_factory=dict)
