"""``indexer sql``: query the manifest, read only."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pyarrow as pa

from indexer.cli.options.common import CommonOptions, common_options
from indexer.cli.options.query_options import query_limit_options, query_limits, query_text
from indexer.cli.printing import elision, render
from indexer.cli.printing.output import open_output, require_free
from indexer.manifest import sandbox

_ROWS_SHOWN = 1_000
_FORMS = {"": "table", ".txt": "table", ".md": "markdown", **{f".{form}": form for form in render.WRITERS}}


@click.command(epilog='Example: python -m indexer sql "select origin, generator, count(*) from manifest group by all"')
@click.argument("query", metavar="QUERY|FILE.sql")
@click.option("--format", "form", type=click.Choice(render.FORMATS),
              help="Output format.  [default: by the suffix of --output, else table]")  # fmt: skip
@click.option("--vertical", is_flag=True, help="Print each row as lines of names and values.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@click.option("--force", is_flag=True, help="Replace the file of --output.")
@query_limit_options
@common_options
def command(
    options: CommonOptions, query: str, form: str | None, vertical: bool, output: Path | None, **given: Any
) -> None:
    """Query the manifest with one SELECT, read only. A file of the query ends with .sql.

    In a terminal, columns that do not fit are left out in the middle; --vertical shows all.

    `indexer sql "show tables"` lists the tables, `indexer sql "describe manifest"` the columns of the main one. The
    query can read the manifest only: no files, no extensions, no other databases.
    """
    if vertical and form not in (None, "table"):
        raise click.UsageError(f"--vertical excludes --format {form}")
    form = form or _format_of(output)
    require_free(output, force=given.pop("force"))
    options.reading().close()  # reports a file that cannot be opened
    bounds = query_limits(given, options.jobs)
    with (
        sandbox.query(options.manifest, query_text(query), bounds) as result,
        open_output(output, binary=form == "parquet") as out,
    ):
        if form == "table":
            out.write(_table(result, vertical=vertical, fits=output is None).encode())
        else:
            render.WRITERS[form](result.schema, result.batches, out)


def _format_of(output: Path | None) -> str:
    """Return the format for the suffix of ``output``.

    Raises:
        click.UsageError: no format has this suffix.
    """
    suffix = output.suffix.lower() if output else ""
    if suffix in _FORMS:
        return _FORMS[suffix]
    formats = ", ".join(render.FORMATS)
    raise click.UsageError(f"{output} has no suffix of a known format: choose one of {formats} with --format")


def _table(result: sandbox.QueryResult, *, vertical: bool, fits: bool) -> str:
    rows = pa.Table.from_batches(_first(result.batches, _ROWS_SHOWN + 1), result.schema)
    if rows.num_rows > _ROWS_SHOWN:
        print(f"only the first {_ROWS_SHOWN:,} rows are shown; use --format csv for all", file=sys.stderr)
    rows = rows[:_ROWS_SHOWN]
    if vertical:
        return "".join(f"{line}\n" for line in elision.vertical(rows))
    if not (fits and sys.stdout.isatty()):
        return render.table_text(rows)
    shown, left_out = elision.elided(rows, render.console().width)
    if left_out:
        print(f"{left_out} of {rows.num_columns} columns do not fit; --vertical shows all", file=sys.stderr)
    return render.table_text(shown)


def _first(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """Yield the fewest batches that hold ``rows`` rows."""
    for batch in batches:
        yield batch
        rows -= batch.num_rows
        if rows <= 0:
            return
