"""Write TOML."""

import json


def toml_string(text: str) -> str:
    """Return ``text`` as a TOML string on one line, which may also be a key."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
