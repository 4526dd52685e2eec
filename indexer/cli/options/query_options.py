"""Options of commands that take a query of the user: the query, further tables, time and memory."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from indexer.base.errors import ConfigError, QueryError, reason_of
from indexer.cli.options.common import with_options
from indexer.manifest.sandbox import QueryLimits

_DEFAULT = QueryLimits()

query_limit_options = with_options((
    click.option("--timeout", "seconds", type=click.FloatRange(min=0.1), default=_DEFAULT.seconds, show_default=True,
                 help="Time limit of the query in seconds."),
    click.option("--memory", type=click.IntRange(min=64), default=_DEFAULT.memory, show_default=True,
                 help="Memory limit of the query in megabytes."),
))  # fmt: skip
"""Add the options --timeout and --memory, which the command receives as ``seconds`` and ``memory``."""

SQL = click.option("--sql", "query", metavar="QUERY|FILE.sql", help="Take the file_ids that this SELECT returns.")
TABLE = click.option(
    "--table",
    "tables",
    multiple=True,
    metavar="NAME=FILE",
    help="A CSV, TSV, Parquet or Arrow file that the query reads as table NAME; may be repeated.",
)


def query_limits(given: Mapping[str, Any], threads: int) -> QueryLimits:
    """Return the limits in the options of :func:`query_limit_options`."""
    return QueryLimits(threads=threads, seconds=given["seconds"], memory=given["memory"])


def query_text(given: str) -> str:
    """Return the query: the content of the file ``given`` if its name ends with ``.sql``, else ``given`` itself.

    Raises:
        QueryError: the file cannot be read.
    """
    if not given.lower().endswith(".sql") or "\n" in given:
        return given
    try:
        return Path(given).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise QueryError(f"{given} cannot be read as a query: {reason_of(error)}") from error


def query_tables(given: Sequence[str]) -> dict[str, Path]:
    """Return the files of the option --table by name.

    Raises:
        ConfigError: a text is not NAME=FILE, the name is no name of a table, or it is given twice.
    """
    tables: dict[str, Path] = {}
    for text in given:
        name, is_pair, file = text.partition("=")
        if not (is_pair and file and name.isidentifier() and name.isascii()):
            raise ConfigError(f"--table {text}: write it as NAME=FILE, as in scores=scores.csv")
        if name.lower() in tables:
            raise ConfigError(f"--table {text}: there is another table {name}")
        tables[name.lower()] = Path(file)
    return tables
