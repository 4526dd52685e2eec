"""``indexer report``: a manifest or a selection as a page to look at."""

from pathlib import Path
from typing import Any

import click

from indexer.cli.options import Session, common
from indexer.cli.output import sink
from indexer.reporting import page, selected
from indexer.reporting.models import ReportOptions
from indexer.roots import source_folders


@click.command(epilog="Example: python -m indexer report ai_gen_bench_v1 --output page.html")
@click.argument("name", required=False)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="[default: NAME-report.html]")
@click.option("--images", type=click.IntRange(min=0), default=6, show_default=True, help="Shown of each generator.")
@click.option("--rows", type=click.IntRange(min=0), default=400_000, show_default=True, help="Rows of the table.")
@click.option("--seed", default="report", show_default=True, help="Decides which images are shown.")
@click.option("--passes", is_flag=True, help="Show images of solid archives, too: reads those from the beginning.")
@common
def command(session: Session, name: str | None, output: Path | None, **shown: Any) -> None:
    """Make one HTML page of the selection NAME, or of the whole manifest.

    Numbers, charts, images and where they come from. The page opens from its file, without a network.
    """
    page.check_dependencies()
    roots = source_folders(session.config)
    with session.reading() as manifest:
        reader = selected.SelectionReader(roots, session.workers, session.progress)
        report = selected.report(manifest, name, ReportOptions(**shown), reader)
    file = output or Path(f"{name or 'manifest'}-report.html")
    with sink(file) as out:
        out.write(page.rendered(report).encode())
    print(file)
