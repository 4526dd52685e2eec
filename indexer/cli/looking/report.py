"""``indexer report``: an HTML page about a manifest or a selection."""

from pathlib import Path
from typing import Any

import click

from indexer.cli.options import completion
from indexer.cli.options.common import CommonOptions, common_options
from indexer.cli.options.report_options import report_options
from indexer.cli.printing.output import open_output
from indexer.reporting import manifest_report, page
from indexer.reporting.models import ReportOptions
from indexer.roots import source_folders


@click.command(epilog="Example: python -m indexer report ai_gen_bench_v1 --output page.html")
@click.argument("name", shell_complete=completion.selections, required=False)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="[default: NAME-report.html]")
@report_options
@click.option("--passes", is_flag=True, help="Also show images of solid archives, which are read from their start.")
@click.option("--between", "others", multiple=True, metavar="OTHER",
              help="Show the pictures that another selection, source or export has, too; may be repeated.")  # fmt: skip
@common_options
def command(
    options: CommonOptions, name: str | None, output: Path | None, others: tuple[str, ...], **shown: Any
) -> None:
    """Write an HTML page about a selection or the manifest.

    The page shows numbers, charts, images and their origins. It opens from its file, without a network.
    """
    if others and name is None:
        raise click.UsageError("--between compares a selection: give its NAME")
    page.check_dependencies()
    roots = source_folders(options.config)
    with options.reading() as manifest:
        reader = manifest_report.ManifestReader(roots, options.workers, options.progress)
        report = manifest_report.report(manifest, name, ReportOptions(**shown), reader, others)
    file = output or Path(f"{name or 'manifest'}-report.html")
    with open_output(file) as out:
        out.write(page.render(report).encode())
    print(file)
