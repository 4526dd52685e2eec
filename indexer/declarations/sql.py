"""Pieces of SQL text."""

import textwrap


def literal(text: str) -> str:
    """A string as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A column's name as SQL writes it, whatever stands in it."""
    return '"' + name.replace('"', '""') + '"'


def indented(text: str) -> str:
    """A statement that stands inside another."""
    return textwrap.indent(text, "    ")
