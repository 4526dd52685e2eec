"""``indexer import``: find the images of an exported selection on this machine."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from indexer.base.errors import CheckFailed
from indexer.cli.inspector import inspector
from indexer.cli.messages import printable
from indexer.cli.options import CommonOptions, common_options, worker_options
from indexer.cli.selection_names import selection_name
from indexer.sharing.importing import Imported, import_manifest
from indexer.sharing.models import MAX_ROWS, ImportOptions, Match, MissingPolicy


@click.command(epilog="Example: python -m indexer import shared/ai_gen_bench_v1 --missing substitute")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--name", callback=selection_name, help="Name of the selection.  [default: the name in the export]")
@click.option("--missing", type=click.Choice([one.value for one in MissingPolicy]), default=MissingPolicy.FAIL.value,
              show_default=True, help="Handling of images that are not on this machine.")  # fmt: skip
@click.option("--match", type=click.Choice([one.value for one in Match]), default=Match.BYTES.value, show_default=True,
              help="What makes an image the same: its bytes, or its decoded pixels.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace another selection of the same name.")
@click.option("--max-rows", type=click.IntRange(1), default=MAX_ROWS, show_default=True,
              help="Rows of the largest export that is read.")  # fmt: skip
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
        imported = import_manifest(store, folder, name, import_options(how), reader)
    print(import_summary(imported))
    if imported.unfilled:
        raise CheckFailed(f"{imported.unfilled:,} images of '{imported.name}' are missing and have no substitute")


def import_options(how: Mapping[str, Any]) -> ImportOptions:
    """Return the values of --missing, --match, --force and --max-rows."""
    return ImportOptions(MissingPolicy(how["missing"]), Match(how["match"]), how["force"], how["max_rows"])


def import_summary(imported: Imported) -> str:
    """Return the result of an import as text: one line per origin with missing images, then the total."""
    lines = [str(match) for match in imported.matches if match.is_open]
    lines.append(
        f"selection '{imported.name}': {imported.selected:,} images, {imported.substituted:,} of them substitutes"
    )
    if imported.renamed:
        lines.append(f"{imported.renamed:,} of them have another file_id here, and were found by their content")
    if imported.by_pixels:
        lines.append(f"{imported.by_pixels:,} of them have the same pixels in other bytes")
    return "\n".join(map(printable, lines))
