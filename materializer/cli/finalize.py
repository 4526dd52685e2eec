"""``materializer finalize``: LargeImage to the standard Image, or back."""

from pathlib import Path

import click

from indexer.cli.options import Session, common
from materializer.dataset import convert as finalizing
from materializer.models import Feature


@click.command(epilog="Example: python -m materializer finalize built/large built/standard")
@click.argument("source", metavar="SRC", type=click.Path(path_type=Path))
@click.argument("target", metavar="DST", type=click.Path(path_type=Path))
@click.option("--image-feature", "feature", type=click.Choice([feature.value for feature in Feature]),
              help="What to make of it.  [default: the one that it does not have]")  # fmt: skip
@common
def command(session: Session, source: Path, target: Path, feature: str | None) -> None:
    """Write the dataset in SRC to DST with the other image feature; images keep their bytes."""
    asked = Feature(feature) if feature else None
    made = finalizing.finalize(source, target, asked, session.workers, session.progress)
    imports = "datasets, materializer.large_image" if made is Feature.LARGE else "datasets"
    print(f"{target}: images are {finalizing.NAMES[made]} now")
    print(f"open it:\n  import {imports}; dataset = datasets.load_from_disk({str(target)!r})")
