"""Numbers as people write them."""

import re

_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
_UNITS |= {"TB": 10**12, "TIB": 2**40}


def parse(text: str) -> float:
    """``500MB``, ``2GiB``, ``1000000``, ``0.5``; below what 64 bits with a sign can count.

    Raises:
        ValueError: it is no positive number with or without a unit.
    """
    found = re.fullmatch(r"\s*(\d[\d_]*(?:\.\d+)?)\s*([KMGT]i?B)?\s*", text, re.IGNORECASE)
    number = float(found[1]) * _UNITS[(found[2] or "").upper()] if found else 0
    if not 0 < number < 1 << 63:
        raise ValueError(f"'{text}' is no size")
    return number
