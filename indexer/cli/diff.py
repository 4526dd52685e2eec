"""``indexer diff``: compare two exports."""

from collections import Counter
from pathlib import Path

import click

from indexer.base.errors import CheckFailed
from indexer.cli.messages import printable
from indexer.cli.options import CommonOptions, common_options
from indexer.sharing.difference import difference


@click.command(epilog="Example: python -m indexer diff shared/v1 shared/v2")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@common_options
def command(_options: CommonOptions, before: Path, after: Path) -> None:
    """Compare two exports, one line per different image.

    Exit status 1: there are differences.
    """
    counts = Counter[str]()
    for row in difference(before, after):
        splits = f"{row['split_before'] or '-'} -> {row['split_after'] or '-'}"
        print(printable(f"{row['change']} {row['file_id']} ({row['origin']}, {splits})"))
        counts[row["change"]] += 1
    if counts:
        raise CheckFailed(", ".join(f"{count:,} {change}" for change, count in sorted(counts.items())))
