"""Messages on standard error: a line for a person, or with ``--json-log`` a JSON object a line for a program."""

import json
import sys
from typing import Any


def as_json() -> bool:
    """Whether the command was called with ``--json-log``; asked before options are parsed, too."""
    return "--json-log" in sys.argv


def tell(message: str, *, event: str = "message", prefix: str = "", **facts: Any) -> None:
    """Say ``message``; ``prefix`` is for people, ``event`` and ``facts`` are for programs."""
    line = json.dumps({"event": event, "message": message, **facts}) if as_json() else prefix + message
    print(line, file=sys.stderr, flush=True)
