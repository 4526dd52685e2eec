"""What tells whether a file is the one that was scanned: its size, and when it changed."""

from typing import Protocol

_SIGN, _ALL = 1 << 63, 1 << 64


class StatResult(Protocol):
    """What ``os.stat`` answers, and object storage."""

    @property
    def st_size(self) -> int:
        """Bytes."""

    @property
    def st_mtime_ns(self) -> int:
        """The last change, in nanoseconds since 1970."""


def size_and_time(status: StatResult) -> tuple[int, int]:
    """The size, and the time as :func:`in_64_bits` has it."""
    return status.st_size, in_64_bits(status.st_mtime_ns)


def in_64_bits(nanoseconds: int) -> int:
    """A time as Arrow and DuckDB can keep it: disks count beyond the year 2262, where 64 bits with a sign end.

    It comes round there. Times are compared for equality only, and what differed still differs.
    """
    return (nanoseconds + _SIGN) % _ALL - _SIGN
