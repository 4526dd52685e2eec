"""``indexer export``: write a selection to a folder that can be shared."""

from pathlib import Path

import click

from indexer.cli.options import completion
from indexer.cli.options.common import CommonOptions, common_options, worker_options
from indexer.cli.options.inspector import inspector
from indexer.roots import refuse_inside
from indexer.selection.inspecting import inspect_selection
from indexer.sharing.export import check_free, export


@click.command(epilog="Example: python -m indexer export ai_gen_bench_v1 shared/ai_gen_bench_v1")
@click.argument("name", shell_complete=completion.selections)
@click.argument("folder", type=click.Path(path_type=Path))
@common_options
@worker_options
def command(options: CommonOptions, name: str, folder: Path) -> None:
    """Export a selection for another lab to rebuild.

    Every exported row has a sha256: images that were not inspected yet are read first.
    """
    check_free(folder)  # before reading images, which may take hours
    refuse_inside(folder, options.config)
    with options.changing() as store:
        inspect_selection(store, name, inspector(options))
        head = export(store, name, folder)
    images = sum(count for roles in head.rows.values() for role, count in roles.items() if role != "spare")
    print(f"{folder}: {images:,} images of '{name}', contents {head.contents['all']}")
