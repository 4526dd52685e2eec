"""The options of the commands that write a page about images."""

import click

from indexer.cli.options.common import with_options
from indexer.reporting.models import ReportOptions

_DEFAULT = ReportOptions()

report_options = with_options((
    click.option("--images", type=click.IntRange(min=0), default=_DEFAULT.images, show_default=True,
                 help="Images per generator."),
    click.option("--rows", type=click.IntRange(min=0), default=_DEFAULT.rows, show_default=True,
                 help="Rows of the table."),
    click.option("--seed", default=_DEFAULT.seed, show_default=True, help="Determines the sample of images."),
))  # fmt: skip
"""Add the options --images, --rows and --seed, which the command receives under their names in ReportOptions."""
