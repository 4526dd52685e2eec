"""``indexer sql``: query the manifest, read only."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pyarrow as pa

from indexer.cli import render
from indexer.cli.options import Session, common
from indexer.cli.output import sink
from indexer.manifest import sandbox

_ROWS_SHOWN = 1_000
_FORMS = {"": "table", ".txt": "table", ".md": "markdown", **{f".{form}": form for form in render.WRITERS}}


@click.command(epilog='Example: python -m indexer sql "select origin, generator, count(*) from manifest group by all"')
@click.argument("query")
@click.option("--format", "form", type=click.Choice(render.FORMATS),
              help="[default: what --output ends in, else a table]")  # fmt: skip
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@click.option("--timeout", "seconds", type=click.FloatRange(min=0.1), default=600.0, show_default=True, help="Seconds.")
@click.option("--memory", type=click.IntRange(min=64), default=4_000, show_default=True, help="Megabytes.")
@common
def command(session: Session, query: str, form: str | None, output: Path | None, **limits: Any) -> None:
    """Query the manifest with one SELECT, read only.

    The tables are described by `indexer sql "describe manifest"` and `indexer sql "show tables"`. The query can read
    nothing but the manifest: no files, no extensions, no other databases.
    """
    form = form or _form_of(output)
    session.reading().connection.close()  # says in plain words what is wrong with the file
    bounds = sandbox.QueryLimits(threads=session.jobs, **limits)
    with sandbox.query(session.manifest, query, bounds) as result, sink(output, binary=form == "parquet") as out:
        if form == "table":
            out.write(_table(result).encode())
        else:
            render.WRITERS[form](result.schema, result.batches, out)


def _form_of(output: Path | None) -> str:
    """What a file's name says that it holds.

    Raises:
        click.UsageError: it ends in what is none of ours.
    """
    suffix = output.suffix.lower() if output else ""
    if suffix in _FORMS:
        return _FORMS[suffix]
    formats = ", ".join(render.FORMATS)
    raise click.UsageError(f"{output} does not tell what to write: name one of {formats} with --format")


def _table(result: sandbox.QueryResult) -> str:
    rows = pa.Table.from_batches(_first(result.batches, _ROWS_SHOWN + 1), result.schema)
    if rows.num_rows > _ROWS_SHOWN:
        print(f"these are the first {_ROWS_SHOWN:,} rows; --format csv gives all", file=sys.stderr)
    return render.table_text(rows[:_ROWS_SHOWN])


def _first(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """As few batches as hold ``rows`` rows."""
    for batch in batches:
        yield batch
        rows -= batch.num_rows
        if rows <= 0:
            return
