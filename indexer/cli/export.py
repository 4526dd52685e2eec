"""``indexer export``: a selection as a folder that travels."""

from pathlib import Path

import click

from indexer.cli.inspect import inspector
from indexer.cli.options import Session, common, on_workers
from indexer.roots import refuse_inside
from indexer.selection.inspecting import inspect_selection
from indexer.sharing.export import check_free, export


@click.command(epilog="Example: python -m indexer export ai_gen_bench_v1 shared/ai_gen_bench_v1")
@click.argument("name")
@click.argument("folder", type=click.Path(path_type=Path))
@common
@on_workers
def command(session: Session, name: str, folder: Path) -> None:
    """Write the selection NAME to FOLDER, for another lab to rebuild.

    Images that nobody looked at yet are read first: each row travels with its sha256.
    """
    check_free(folder)  # before hours of reading
    refuse_inside(folder, session.config)
    with session.writing() as store:
        inspect_selection(store, name, inspector(session))
        head = export(store, name, folder)
    images = sum(count for roles in head.rows.values() for role, count in roles.items() if role != "spare")
    print(f"{folder}: {images:,} images of '{name}', contents {head.contents['all']}")
