"""``materializer finalize``: convert LargeImage to the standard Image, or back."""

from pathlib import Path

import click

from indexer.cli.options.common import CommonOptions, choice_of, common_options
from materializer.cli.options import opening
from materializer.dataset.convert import finalize
from materializer.models import Feature, Settings
from materializer.shards.schema import FEATURE_NAMES


@click.command(epilog="Example: python -m materializer finalize built/large built/standard")
@click.argument("source", metavar="SRC", type=click.Path(path_type=Path))
@click.argument("target", metavar="DST", type=click.Path(path_type=Path))
@click.option("--image-feature", "feature", type=choice_of(Feature),
              help="The new feature.  [default: the one that SRC does not have]")  # fmt: skip
@common_options
def command(options: CommonOptions, source: Path, target: Path, feature: str | None) -> None:
    """Convert LargeImage to the standard Image, or back.

    The dataset in SRC is written to DST; images are copied unchanged. A build is verified before it is converted.
    """
    made = finalize(source, target, Feature(feature) if feature else None, options.workers, options.progress)
    print(f"{target}: images are {FEATURE_NAMES[made.feature]} now")
    verified = "were not verified (there is no record of a build)" if made.verified is None else "were verified"
    print(f"the images of {source} {verified}")
    print(f"open it:\n  {opening(target, Settings(feature=made.feature))}")
