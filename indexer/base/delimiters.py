"""The character between the values of a text file with columns."""

import csv

_DELIMITERS = {".csv": ",;\t|", ".tsv": "\t"}
TEXT_TABLES = tuple(_DELIMITERS)
"""Suffixes of text files with columns."""


def delimiter_of(suffix: str, header: str) -> str:
    """Return the delimiter of a file with a suffix of ``TEXT_TABLES``: the most frequent one in its header."""
    return max(_DELIMITERS[suffix], key=header.count)


def delimiter_between(values: int, row: str) -> str:
    """Return the delimiter of a CSV file without a header: one that divides ``row`` into ``values``, else a comma."""
    found = (each for each in _DELIMITERS[".csv"] + " " if len(next(csv.reader([row], delimiter=each), [])) == values)
    return next(found, ",")
