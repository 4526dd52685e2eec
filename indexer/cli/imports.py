"""``indexer import``: find the images of an exported selection on this machine."""

from pathlib import Path

import click

from indexer.base.errors import CheckFailed
from indexer.cli.messages import printable
from indexer.cli.options import CommonOptions, common_options
from indexer.cli.selection_names import selection_name
from indexer.sharing.importing import Imported, MissingPolicy, import_manifest


@click.command(epilog="Example: python -m indexer import shared/ai_gen_bench_v1 --missing substitute")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--name", callback=selection_name, help="Name of the selection.  [default: the name in the export]")
@click.option("--missing", type=click.Choice([one.value for one in MissingPolicy]), default=MissingPolicy.FAIL.value,
              show_default=True, help="Handling of images that are not on this machine.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace another selection of the same name.")
@common_options
def command(options: CommonOptions, folder: Path, name: str | None, missing: str, *, force: bool) -> None:
    """Import a selection: find its images among the scanned ones.

    Exit status 1: images are missing and were not substituted.
    """
    with options.writing() as store:
        imported = import_manifest(store, folder, name, MissingPolicy(missing), force=force)
    print(import_summary(imported))
    if imported.unfilled:
        raise CheckFailed(f"{imported.unfilled:,} images of '{imported.name}' are missing and have no substitute")


def import_summary(imported: Imported) -> str:
    """Return the result of an import as text: one line per origin with missing images, then the total."""
    lines = [str(match) for match in imported.matches if match.is_open]
    lines.append(
        f"selection '{imported.name}': {imported.selected:,} images, {imported.substituted:,} of them substitutes"
    )
    return "\n".join(map(printable, lines))
