"""``materializer verify``: is the dataset still what was built?"""

from pathlib import Path

import click

from indexer import store as stores
from indexer.cli.options import Session, common
from indexer.errors import CheckFailed
from materializer.verify import Verification, verify

_SHOWN = 20


@click.command(epilog="Example: python -m materializer verify built/demo")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--no-manifest", is_flag=True, help="Compare with the build's own record only.")
@common
def command(session: Session, folder: Path, no_manifest: bool) -> None:
    """Read every byte of the build in FOLDER again and compare it with its record and the manifest."""
    if no_manifest:
        found = verify(folder, None, session.workers, session.progress)
    else:
        with stores.open_for_reading(session.manifest) as store:
            found = verify(folder, store, session.workers, session.progress)
    _show(folder, found)


def _show(folder: Path, found: Verification) -> None:
    for difference in found.differences[:_SHOWN]:
        print(f"{difference.where} {difference.what}")
    if len(found.differences) > _SHOWN:
        print(f"... and {len(found.differences) - _SHOWN:,} more")
    read = f"{folder}: {found.rows:,} images in {found.shards:,} shards, {found.size / 1e6:,.1f} MB read"
    if found.differences:
        raise CheckFailed(f"{read}; {len(found.differences):,} differences")
    print(f"{read}; all is as it was built")
