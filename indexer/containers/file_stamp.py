"""The stamp by which an unchanged file is recognised: its size and the time of its last change."""

from typing import Protocol

_SIGN, _ALL = 1 << 63, 1 << 64


class StatResult(Protocol):
    """The part of ``os.stat``'s result that object storage has, too."""

    @property
    def st_size(self) -> int:
        """Bytes."""

    @property
    def st_mtime_ns(self) -> int:
        """The last change, in nanoseconds since 1970."""


def size_and_time(status: StatResult) -> tuple[int, int]:
    """Return the size in bytes, and the time of the last change as :func:`in_64_bits` returns it."""
    return status.st_size, in_64_bits(status.st_mtime_ns)


def in_64_bits(nanoseconds: int) -> int:
    """Return a time that fits into a signed 64-bit integer, which ends in the year 2262; disks count further.

    Later times wrap around. Times are only compared for equality, and times that differ still differ.
    """
    return (nanoseconds + _SIGN) % _ALL - _SIGN
