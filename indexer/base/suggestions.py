"""Suggest a known name for a misspelt one."""

import difflib
from collections.abc import Collection

_SHOWN = 12


def closest(word: str, known: Collection[str]) -> str | None:
    """Return the known name that is most similar to ``word``, or None if none is similar."""
    return next(iter(difflib.get_close_matches(word, sorted(known), n=1)), None)


def did_you_mean(word: str, known: Collection[str]) -> str:
    """Return ``did you mean 'x'?``, or nothing if no known name is similar."""
    close = closest(word, known)
    return f"did you mean '{close}'?" if close else ""


def nearest(word: str, known: Collection[str]) -> str:
    """Return ``did you mean 'x'?``, or the first known names if none is similar, or nothing if there are none."""
    more = f" and {len(known) - _SHOWN:,} more" if len(known) > _SHOWN else ""
    return did_you_mean(word, known) or (f"there are {', '.join(sorted(known)[:_SHOWN])}{more}" if known else "")


def near(word: str, known: Collection[str]) -> str:
    """Return `` (did you mean 'x'?)``, or `` (known: a, b)`` if none is similar and there are few, or nothing."""
    hint = did_you_mean(word, known) or (f"known: {', '.join(sorted(known))}" if 0 < len(known) <= _SHOWN else "")
    return f" ({hint})" if hint else ""
