"""``fetch``: download what has to be scraped, and say what the rest needs."""

import importlib
from collections.abc import Callable, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from indexer.base.config import expanded
from indexer.base.errors import ConfigError, DependencyError
from indexer.cli import downloads
from indexer.cli.options import Session, common
from indexer.fetching.lists import RECIPES, ListPart
from indexer.fetching.models import FetchLimits, Manners

_PATH = click.Path(path_type=Path)
_COUNT = click.IntRange(min=1)
_DEFAULT = FetchLimits()
_LIMITS = ("connections", "per_host", "rate", "attempts", "total_timeout", "size")
_MANNERS = ("contact", "ignore_robots", "allow_private")

_OPTIONS = (
    click.option("--list", "list_file", type=_PATH, help="List of URLs: CSV, JSON, JSON lines, or a zip of one."),
    click.option("--to", type=_PATH, help="Folder to fill; run the same command again to go on."),
    click.option("--only", multiple=True, metavar="GLOB", help="Of the hub's files only these (more than once)."),
    click.option("--format", "layout", type=click.Choice(["webdataset", "files"]), default="webdataset",
                 show_default=True, help="Tar shards, or files with sidecars."),
    click.option("--retry-failed", is_flag=True, help="Try again what failed before."),
    click.option("--url-column", help="The column of URLs, in a list that is none of the known ones."),
    click.option("--contact", help="Address or page for the hosts' owners, sent with every request."),
    click.option("--connections", type=_COUNT, default=_DEFAULT.connections, show_default=True,
                 help="At most at once, of all hosts."),
    click.option("--per-host", type=_COUNT, default=_DEFAULT.per_host, show_default=True,
                 help="Connections of one host."),
    click.option("--rate", type=click.FloatRange(min=0), default=_DEFAULT.rate, show_default=True,
                 help="Requests a second of one host; 0 for no limit."),
    click.option("--attempts", type=_COUNT, default=_DEFAULT.attempts, show_default=True,
                 help="Of one URL, where a failure may pass."),
    click.option("--timeout", "total_timeout", type=click.FloatRange(min=0.1), default=_DEFAULT.total_timeout,
                 show_default=True, help="Seconds for one answer."),
    click.option("--max-size", "size", type=_COUNT, default=_DEFAULT.size, show_default=True,
                 help="Bytes of one image."),
    click.option("--ignore-robots", is_flag=True, help="Ask even where robots.txt or X-Robots-Tag forbid it."),
    click.option("--allow-private", is_flag=True, help="Connect to addresses that are not public, too."),
)  # fmt: skip

_EXAMPLES = """
\b
Examples:
  python -m indexer fetch synthbuster
  python -m indexer fetch elsa_d3 --to ~/datasets/ELSA_D3 --only 'data/validation-*.parquet'
  python -m indexer fetch polardiffshield --list database.csv --to ~/datasets/polardiffshield
  python -m indexer fetch raise --list RAISE_all.csv --to ~/datasets/RAISE_all --contact me@lab.example
  python -m indexer fetch raise --list RAISE_all.csv --to ~/datasets/RAISE_all --retry-failed
"""


def _with_options(function: Callable[..., None]) -> Callable[..., None]:
    return reduce(lambda wrapped, option: option(wrapped), reversed(_OPTIONS), function)


@click.command(epilog=_EXAMPLES)
@click.argument("key")
@_with_options
@common
def command(session: Session, key: str, **given: Any) -> None:
    """Download the source KEY, or say what of it has to be downloaded and whether it is there.

    With --list and --to, images are fetched by their URLs, byte for byte as they are served; what became of each stands
    in fetch-log.csv, where dead links are rows, not errors. With --to alone, files are brought from the Hugging Face
    hub, of those sources that lie there. With neither, nothing is downloaded: what to get, how large, under which
    licence, and how it stands on this machine. Exit status 1: something there is not as it was published.
    """
    if given["list_file"] and given["to"]:
        _scrape(session, key, given)
    elif given["list_file"]:
        raise click.UsageError("--list takes --to FOLDER, which is filled")
    elif given["to"]:
        downloads.from_hub(session, key, expanded(given["to"]), given["only"])
    else:
        downloads.show(session, key)


def _scrape(session: Session, key: str, given: dict[str, Any]) -> None:
    run = _needing_extra("indexer.fetching.run")
    order = run.FetchRequest(
        given["list_file"],
        expanded(given["to"]),
        _parts(key, given["url_column"]),
        run.FetchLayout(given["layout"]),
        given["retry_failed"],
        FetchLimits(**{name: given[name] for name in _LIMITS}),
        Manners(**{name: given[name] for name in _MANNERS}),
    )
    _print(run.fetch(order, session.progress))


def _needing_extra(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise DependencyError(f"fetching needs {error.name}: pip install 'image-manifest[fetch]'") from error


def _parts(key: str, column: str | None) -> Sequence[ListPart]:
    if column is not None:
        return (ListPart(column),)
    if key not in RECIPES:
        raise ConfigError(f"no list of URLs is known for '{key}' (known: {', '.join(RECIPES)}): name --url-column")
    return RECIPES[key]


def _print(summary: Any) -> None:
    """Counts by how items ended, to standard output."""
    table = Table("status", "error", "HTTP", "images", "bytes", box=None)
    for tally in summary.tallies:
        status = "" if tally.http_status is None else str(tally.http_status)
        table.add_row(tally.status, tally.error or "", status, f"{tally.items:,}", f"{tally.size:,}")
    console = Console(markup=False)
    console.print(table)
    if summary.lost:
        console.print(f"{summary.lost:,} images of an earlier run were gone from the disk and were asked for again")
    console.print(f"log: {summary.table}", soft_wrap=True)
