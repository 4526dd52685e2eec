"""What to say to whoever typed a name that nothing has."""

import difflib
from collections.abc import Collection


def nearest(word: str, known: Collection[str]) -> str:
    """``did you mean 'x'?`` where something known is close, else ``there are x, y``; nothing where nothing is known."""
    close = difflib.get_close_matches(word, sorted(known), n=1)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"there are {', '.join(sorted(known))}" if known else ""
