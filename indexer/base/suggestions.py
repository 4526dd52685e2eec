"""What to say to whoever typed a name that nothing has."""

import difflib
from collections.abc import Collection


def closest(word: str, known: Collection[str]) -> str | None:
    """That of ``known`` which ``word`` was probably meant for; None where nothing is close."""
    return next(iter(difflib.get_close_matches(word, sorted(known), n=1)), None)


def nearest(word: str, known: Collection[str]) -> str:
    """``did you mean 'x'?`` where something known is close, else ``there are x, y``; nothing where nothing is known."""
    close = closest(word, known)
    if close:
        return f"did you mean '{close}'?"
    return f"there are {', '.join(sorted(known))}" if known else ""
