"""Messages on standard error: a line for a person, or with ``--json-log`` a JSON object a line for a program."""

import json
import re
import sys
from typing import Any

# Control characters, and those that reorder or hide text (Unicode TR 36): C0, DEL, C1, bidi marks, separators, BOM.
STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]")


def as_json() -> bool:
    """Whether the command was called with ``--json-log``; asked before options are parsed, too."""
    return "--json-log" in sys.argv


def printable(text: str) -> str:
    r"""``text`` with each character that could steer a terminal spelled out: ``\x1b``, ``\u202e``."""
    return STEERING.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


def tell(message: str, *, event: str = "message", prefix: str = "", **facts: Any) -> None:
    """Say ``message``; ``prefix`` is for people, ``event`` and ``facts`` are for programs. Names in it are data."""
    lines = "\n".join(map(printable, message.split("\n")))
    text = json.dumps({"event": event, "message": message, **facts}) if as_json() else prefix + lines
    print(text, file=sys.stderr, flush=True)
