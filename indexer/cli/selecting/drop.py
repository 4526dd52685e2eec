"""``indexer drop``: remove a selection from the manifest."""

import click

from indexer.cli.options import completion
from indexer.cli.options.common import CommonOptions, common_options
from indexer.cli.printing.messages import printable
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
