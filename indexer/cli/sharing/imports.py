"""``indexer import``: find the images of an exported selection on this machine."""

from pathlib import Path
from typing import Any

import click

from indexer.base.errors import CheckFailed
from indexer.cli.options.common import CommonOptions, common_options, worker_options
from indexer.cli.options.import_options import import_options, import_summary, take_import_options
from indexer.cli.options.inspector import inspector
from indexer.sharing.importing import import_manifest


@click.command(epilog="Example: python -m indexer import shared/ai_gen_bench_v1 --missing substitute")
@click.argument("folder", type=click.Path(path_type=Path))
@import_options
@click.option("--no-inspect", is_flag=True, help="Read no image; compare inspected images only.")
@common_options
@worker_options
def command(options: CommonOptions, folder: Path, name: str | None, **how: Any) -> None:
    """Import a selection: find its images among the scanned ones.

    An image that has another file_id here is found by its sha256. Images that were not inspected are read first, if
    they have the size of one that is not found.

    Exit status 1: images are missing and were not substituted.
    """
    with options.changing() as store:
        reader = None if how["no_inspect"] else inspector(options)
        imported = import_manifest(store, folder, name, take_import_options(how), reader)
    print(import_summary(imported))
    if imported.unfilled:
        raise CheckFailed(f"{imported.unfilled:,} images of '{imported.name}' are missing and have no substitute")
