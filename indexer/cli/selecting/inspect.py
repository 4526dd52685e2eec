"""``indexer inspect``: read images of a selection or a query, and store their properties."""

from collections.abc import Mapping
from typing import Any

import click

from indexer.base.errors import CheckFailed
from indexer.cli.options import completion
from indexer.cli.options.common import CommonOptions, common_options, worker_options
from indexer.cli.options.inspector import inspector
from indexer.cli.options.query_options import SQL, TABLE, query_limit_options, query_limits, query_tables, query_text
from indexer.selection.inspecting import inspect_again, inspect_all, inspect_rows, inspect_selection
from indexer.selection.query_recipe import QueryRecipe
from indexer.selection.query_rows import rows_of

_EXAMPLES = """\b
Examples:
  python -m indexer inspect ai_gen_bench_v1 --jobs 8
  python -m indexer inspect --sql "from manifest where origin = 'COCO'"
  python -m indexer inspect --again --limit memory=16GiB
"""


@click.command(epilog=_EXAMPLES)
@click.argument("name", required=False, shell_complete=completion.selections)
@click.option("--all", "every", is_flag=True, help="Read all images of the manifest.")
@SQL
@TABLE
@query_limit_options
@click.option(
    "--again", is_flag=True, help="Retry images that were unreadable, crashed their reader or were too large."
)
@common_options
@worker_options
def command(options: CommonOptions, name: str | None, query: str | None, **how: Any) -> None:
    """Read the images that were not inspected yet.

    The images of a selection NAME or of a query are read, or all. Stores sha256, size, format and perceptual hash in
    the manifest. An interrupted run continues when it is started again. --again retries all images that failed, after a
    disk was repaired or a limit was raised. Exit status 1: the query returns ids that have no usable image.
    """
    chosen = sum((name is not None, query is not None, how["every"]))
    if chosen > 1 or not (chosen or how["again"]):
        raise click.UsageError("name a selection, or use --all, --sql or --again")
    if how["again"]:
        with options.changing() as store:
            print(f"{inspect_again(store, inspector(options)):,} images inspected again")
    if query is not None:
        _inspect_query(options, query, how)
    elif chosen:
        with options.changing() as store:
            if name:
                print(f"{inspect_selection(store, name, inspector(options)):,} images of '{name}' inspected")
            else:
                print(f"{inspect_all(store, inspector(options)):,} images inspected")


def _inspect_query(options: CommonOptions, query: str, how: Mapping[str, Any]) -> None:
    recipe = QueryRecipe(query_text(query), tables=query_tables(how["tables"]), limits=query_limits(how, options.jobs))
    options.changing().close()  # migrates a manifest of an earlier version
    rows = rows_of(options.manifest, recipe)
    with options.changing() as store:
        inspected, unknown, example = inspect_rows(store, rows, inspector(options))
    print(f"{inspected:,} images of the query inspected")
    if unknown:
        raise CheckFailed(f"{unknown:,} ids that the query returns have no usable image, for instance {example}")
