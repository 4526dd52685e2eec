"""Parse and format numbers with units."""

import re

_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
          "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}  # fmt: skip


def parse_quantity(text: str) -> float:
    """Return the number in ``500MB``, ``2GiB``, ``1000000`` or ``0.5``.

    Raises:
        ValueError: it is not a positive number below 2**63 with an optional unit.
    """
    found = re.fullmatch(r"\s*(\d[\d_]*(?:\.\d+)?)\s*([KMGT]i?B)?\s*", text, re.IGNORECASE)
    number = float(found[1]) * _UNITS[(found[2] or "").upper()] if found else 0
    if not 0 < number < 1 << 63:
        raise ValueError(f"'{text}' is not a size")
    return number


def readable_size(size: float) -> str:
    """Return bytes in a decimal unit, with three digits: ``999 B``, ``1.5 GB``, ``140 GB``."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 999.5:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} PB"
