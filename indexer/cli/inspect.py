"""``indexer inspect``: read the images of a selection and store their properties."""

import click

from indexer.cli.options import CommonOptions, common_options, worker_options
from indexer.roots import source_roots
from indexer.selection.inspecting import Inspector, has_unsized, inspect_again, inspect_selection, inspect_unsized


@click.command(
    epilog="""\b
Examples:
  python -m indexer inspect ai_gen_bench_v1 --jobs 8
  python -m indexer inspect --again --limit memory=16GiB
"""
)
@click.argument("name", required=False)
@click.option(
    "--again", is_flag=True, help="Retry images that were unreadable, crashed their reader or were too large."
)
@common_options
@worker_options
def command(options: CommonOptions, name: str | None, again: bool) -> None:
    """Read the images of a selection that were not inspected yet.

    Stores sha256, size, format and perceptual hash in the manifest. An interrupted run continues when it is started
    again. --again retries all images that failed, after a disk was repaired or a limit was raised.
    """
    if not (name or again):
        raise click.UsageError("name a selection, or use --again")
    with options.changing() as store:
        if again:
            print(f"{inspect_again(store, inspector(options)):,} images inspected again")
        if name:
            print(f"{inspect_selection(store, name, inspector(options)):,} images of '{name}' inspected")


def read_missing_sizes(options: CommonOptions, name: str) -> None:
    """Read the images of the selection ``name`` whose size the manifest does not have."""
    with options.reading() as store:
        unsized = has_unsized(store, name)
    if unsized:
        with options.changing() as store:
            inspect_unsized(store, name, inspector(options))


def inspector(options: CommonOptions) -> Inspector:
    """Return an inspector with the roots, workers and limits of ``options``."""
    bounds = options.bounds
    return Inspector(source_roots(options.config), options.workers, options.progress, bounds.archives, bounds.images)
