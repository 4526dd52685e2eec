"""Messages on standard error: text for a person, or with ``--json-log`` one JSON object per line."""

import json
import re
import sys
from contextlib import suppress
from typing import Any

# Control characters, and characters that reorder or hide text (Unicode TR 36):
# C0, DEL, C1, bidi marks, separators, BOM.
CONTROL_CHARACTERS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]")


def printable(text: str) -> str:
    r"""Return ``text`` with each character that could control a terminal escaped: ``\x1b``, ``\u202e``."""
    return CONTROL_CHARACTERS.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


def print_message(message: str, *, event: str = "message", prefix: str = "", **facts: Any) -> None:
    """Print ``message`` to standard error. ``prefix`` is for text output, ``event`` and ``facts`` are for JSON.

    ``--json-log`` is looked up in the arguments: errors may occur before options are parsed.
    """
    lines = "\n".join(map(printable, message.split("\n")))
    as_json = "--json-log" in sys.argv
    text = json.dumps({"event": event, "message": message, **facts}) if as_json else prefix + lines
    with suppress(OSError):  # a full disk or a closed pipe must not change the exit status
        print(text, file=sys.stderr, flush=True)
