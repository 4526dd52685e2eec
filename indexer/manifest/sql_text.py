"""Quote and indent SQL text."""

import textwrap


def literal(text: str) -> str:
    """Return ``text`` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """Return ``name`` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def indented(text: str) -> str:
    """Return a statement indented by four spaces, to be nested in another."""
    return textwrap.indent(text, "    ")
