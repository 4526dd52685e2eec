"""``indexer drop``: remove a selection from the manifest."""

import click

from indexer.cli import completion
from indexer.cli.messages import printable
from indexer.cli.options import CommonOptions, common_options
from indexer.selection.storing import drop


@click.command(epilog="Example: python -m indexer drop mine")
@click.argument("name", shell_complete=completion.selections)
@common_options
def command(options: CommonOptions, name: str) -> None:
    """Remove the selection NAME from the manifest.

    Images, inspections, exports and built datasets are kept.
    """
    with options.changing() as store:
        images = drop(store, name)
    print(printable(f"selection '{name}' removed ({images:,} images); images and inspections are kept"))
