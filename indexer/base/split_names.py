"""Names of splits, which become names of folders and files that every system can write."""

import re

SPLIT_NAME = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$"


def is_split_name(name: str) -> bool:
    """Return whether ``name`` is a valid name of a split."""
    return re.fullmatch(SPLIT_NAME, name) is not None
