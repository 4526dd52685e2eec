"""``indexer diff``: compare two exports, or two scans."""

from collections import Counter
from pathlib import Path

import click

from indexer.base.errors import CheckFailed
from indexer.cli.options.common import CommonOptions, common_options
from indexer.cli.printing.messages import printable
from indexer.sharing.difference import difference
from indexer.sharing.scan_difference import scan_difference


@click.command(epilog="Example: python -m indexer diff shared/v1 shared/v2")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@common_options
def command(_options: CommonOptions, before: Path, after: Path) -> None:
    """Compare two exports or two scans, one line per difference.

    Of two exports, the images that differ. Of two manifests (*.duckdb), the archives that changed upstream between two
    scans of a source.

    Exit status 1: there are differences.
    """
    counts = Counter[str]()
    if before.is_file() and after.is_file():
        for change, source, path, detail in scan_difference(before, after):
            print(printable(f"{change} {source}: {path} ({detail})"))
            counts[change] += 1
        _require_none(counts)
        return
    for row in difference(before, after):
        splits = f"{row['split_before'] or '-'} -> {row['split_after'] or '-'}"
        print(printable(f"{row['change']} {row['file_id']} ({row['origin']}, {splits})"))
        counts[row["change"]] += 1
    _require_none(counts)


def _require_none(counts: Counter[str]) -> None:
    if counts:
        raise CheckFailed(", ".join(f"{count:,} {change}" for change, count in sorted(counts.items())))
