"""Suggest a known name for a misspelt one."""

import difflib
from collections.abc import Collection

_SHOWN = 12


def closest(word: str, known: Collection[str]) -> str | None:
    """Return the known name that is most similar to ``word``, or None if none is similar."""
    return next(iter(difflib.get_close_matches(word, sorted(known), n=1)), None)


def nearest(word: str, known: Collection[str]) -> str:
    """Return ``did you mean 'x'?``, or the first known names if none is similar, or nothing if there are none."""
    close = closest(word, known)
    if close:
        return f"did you mean '{close}'?"
    more = f" and {len(known) - _SHOWN:,} more" if len(known) > _SHOWN else ""
    return f"there are {', '.join(sorted(known)[:_SHOWN])}{more}" if known else ""
