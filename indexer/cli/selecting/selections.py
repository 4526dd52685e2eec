"""``indexer selections``: list the selections of the manifest."""

import tomllib

import click
import pyarrow as pa

from indexer.cli.options.common import CommonOptions, common_options
from indexer.cli.printing import render
from indexer.cli.printing.output import open_output

_LONGEST = 80  # characters of a query that are shown


@click.command(epilog="Example: python -m indexer selections")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@common_options
def command(options: CommonOptions, form: str) -> None:
    """List the selections, with their splits and origin.

    Images are counted without spares; times are in UTC.
    `stats NAME` shows the whole query of a selection, and `drop NAME` removes one.
    """
    with options.reading() as store:
        found = store.arrow("select/selections")
    if form == "json":
        with open_output(None) as out:
            render.write_json(found.schema, found.to_batches(), out)
    elif found.num_rows:
        print(render.table_text(_shown(found)), end="")
    else:
        print("no selection: make one with 'python -m indexer select'")


def _shown(found: pa.Table) -> pa.Table:
    rows = found.to_pylist()
    texts = [_made_from(row["made_from"], row["recipe"] or "") for row in rows]
    shown = found.drop_columns(["made_from", "recipe"])
    return shown.append_column("made_from", pa.array(texts, pa.string()))


def _made_from(kind: str | None, recipe: str) -> str:
    """Return what a selection was made from as one short line."""
    if kind == "lists":
        return recipe
    if kind != "query":
        return kind or "unknown"
    text = " ".join(str(tomllib.loads(recipe)["sql"]).split())
    return f"query: {text[:_LONGEST]}{'...' if len(text) > _LONGEST else ''}"
