"""Terms of selections: names of selections and splits, which become names of folders and files, and roles of rows."""

import re

SPLIT_NAME = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$"
SPLIT_NAME_HINT = "use letters, digits, '_', '.' and '-'"
WRONG_SELECTION_NAME = "is empty, or has a slash, a leading dot or dash, or a control character"
ROLES = ("listed", "sampled", "paired", "complement", "spare")


def is_split_name(name: str) -> bool:
    """Return whether ``name`` is a valid name of a split."""
    return re.fullmatch(SPLIT_NAME, name) is not None


def is_selection_name(name: str) -> bool:
    """Return whether ``name`` is a valid name of a selection, which is an argument of commands, too."""
    return re.fullmatch(r"[^./\x00-\x1f\x7f-][^/\x00-\x1f\x7f]*", name) is not None
