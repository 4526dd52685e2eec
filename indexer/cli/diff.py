"""``indexer diff``: two shared manifests."""

from collections import Counter
from pathlib import Path

import click

from indexer.base.errors import CheckFailed
from indexer.cli.messages import printable
from indexer.cli.options import Session, common
from indexer.sharing.difference import difference


@click.command(epilog="Example: python -m indexer diff shared/v1 shared/v2")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@common
def command(_session: Session, before: Path, after: Path) -> None:
    """Say what changed from the shared manifest BEFORE to AFTER: a line an image."""
    counts = Counter[str]()
    for row in difference(before, after):
        splits = f"{row['split_before'] or '-'} -> {row['split_after'] or '-'}"
        print(printable(f"{row['change']} {row['file_id']} ({row['origin']}, {splits})"))
        counts[row["change"]] += 1
    if counts:
        raise CheckFailed(", ".join(f"{count:,} {change}" for change, count in sorted(counts.items())))
