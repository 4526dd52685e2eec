"""``materializer report``: an HTML page of a dataset."""

from pathlib import Path
from typing import Any

import click

from indexer.cli.options.common import CommonOptions, common_options
from indexer.cli.options.report_options import report_options
from indexer.cli.printing.output import open_output
from indexer.manifest import store as stores
from indexer.reporting import page
from indexer.reporting.models import ReportOptions
from materializer import report as reporting
from materializer.cli.options import optional_manifest


@click.command(epilog="Example: python -m materializer report built/demo --output demo.html")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="[default: FOLDER-dataset.html]")
@report_options
@click.option("--no-manifest", is_flag=True, help="Do not look up the source archives of the images.")
@common_options
def command(options: CommonOptions, folder: Path, output: Path | None, no_manifest: bool, **shown: Any) -> None:
    """Make one HTML page of the dataset in FOLDER.

    FOLDER is a build, or a dataset that 'save_to_disk' has written. The page shows numbers, charts, refusals,
    images and their sources. It is one file and needs no network.
    """
    page.check_dependencies()
    manifest = stores.in_memory() if no_manifest else optional_manifest(options)
    with manifest as store:
        reader = reporting.DatasetReader(options.workers, options.progress)
        report = reporting.report(store, folder, ReportOptions(**shown), reader)
    file = output or Path(f"{folder.resolve().name}-dataset.html")
    with open_output(file) as out:
        out.write(page.render(report).encode())
    print(file)
