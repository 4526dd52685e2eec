"""``indexer import``: a shared manifest on this machine."""

from pathlib import Path

import click

from indexer.base.errors import CheckFailed
from indexer.cli.messages import printable
from indexer.cli.names import selection_name
from indexer.cli.options import Session, common
from indexer.sharing.importing import Imported, MissingPolicy, import_manifest


@click.command(epilog="Example: python -m indexer import shared/ai_gen_bench_v1 --missing substitute")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--name", callback=selection_name, help="Name of the selection to make.  [default: the manifest's own]")
@click.option("--missing", type=click.Choice([one.value for one in MissingPolicy]), default=MissingPolicy.FAIL.value,
              show_default=True, help="What to do about images that are not here.")  # fmt: skip
@common
def command(session: Session, folder: Path, name: str | None, missing: str) -> None:
    """Find the images of the shared manifest in FOLDER among those scanned here."""
    with session.writing() as store:
        imported = import_manifest(store, folder, name, MissingPolicy(missing))
    print(told(imported))
    if imported.unfilled:
        raise CheckFailed(f"{imported.unfilled:,} images of '{imported.name}' are neither here nor replaced")


def told(imported: Imported) -> str:
    """What an import found, a line for each origin with gaps."""
    lines = [str(gap) for gap in imported.gaps if gap.is_open]
    lines.append(
        f"selection '{imported.name}': {imported.selected:,} images, {imported.substituted:,} of them substitutes"
    )
    return "\n".join(map(printable, lines))
