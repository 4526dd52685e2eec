"""``fetch``: download images by a list of URLs or from the hub, and check downloads made by hand."""

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from indexer.base.config import expanded
from indexer.base.errors import ConfigError, DependencyError
from indexer.cli.options import completion
from indexer.cli.options.common import CommonOptions, common_options, with_options
from indexer.cli.scanning import downloads
from indexer.fetching.lists import KNOWN_LISTS, ListPart
from indexer.fetching.models import FetchLimits, FetchPolicy

_PATH = click.Path(path_type=Path)
_COUNT = click.IntRange(min=1)
_DEFAULT = FetchLimits()
_LIMITS = ("connections", "per_host", "rate", "attempts", "total_timeout", "size")
_POLICY = ("contact", "ignore_robots", "allow_private")

_OPTIONS = (
    click.option("--list", "list_file", type=_PATH, help="List of URLs: CSV, JSON, JSON lines, or a zip of one."),
    click.option("--to", type=_PATH, help="Target folder; run the same command again to resume."),
    click.option("--only", multiple=True, metavar="GLOB", help="Download only these files of the hub (repeatable)."),
    click.option("--format", "layout", type=click.Choice(["webdataset", "files"]), default="webdataset",
                 show_default=True, help="Tar shards, or files with sidecars."),
    click.option("--retry-failed", is_flag=True, help="Retry items that failed before."),
    click.option("--url-column", help="Column of URLs, for a list that is not a known one."),
    click.option("--contact", help="Address or page for the owners of hosts, sent with each request."),
    click.option("--connections", type=_COUNT, default=_DEFAULT.connections, show_default=True,
                 help="Concurrent connections, all hosts."),
    click.option("--per-host", type=_COUNT, default=_DEFAULT.per_host, show_default=True,
                 help="Concurrent connections per host."),
    click.option("--rate", type=click.FloatRange(min=0), default=_DEFAULT.rate, show_default=True,
                 help="Requests per second and host; 0: no limit."),
    click.option("--attempts", type=_COUNT, default=_DEFAULT.attempts, show_default=True,
                 help="Attempts per URL after transient failures."),
    click.option("--timeout", "total_timeout", type=click.FloatRange(min=0.1), default=_DEFAULT.total_timeout,
                 show_default=True, help="Seconds per response."),
    click.option("--max-size", "size", type=_COUNT, default=_DEFAULT.size, show_default=True,
                 help="Bytes per image at most."),
    click.option("--ignore-robots", is_flag=True, help="Ignore robots.txt and X-Robots-Tag."),
    click.option("--allow-private", is_flag=True, help="Also connect to addresses that are not public."),
)  # fmt: skip

_EXAMPLES = """
\b
Examples:
  python -m indexer fetch synthbuster
  python -m indexer fetch elsa_d3 --to ~/datasets/ELSA_D3 --only '*.parquet'
  python -m indexer fetch raise --list RAISE_all.csv --to ~/datasets/RAISE_all
"""


@click.command(epilog=_EXAMPLES)
@click.argument("key", shell_complete=completion.sources)
@with_options(_OPTIONS)
@common_options
def command(options: CommonOptions, key: str, **given: Any) -> None:
    """Download a source, or check what was downloaded.

    \b
    --list and --to  download images by their URLs, byte for byte as served;
                     fetch-log.csv has one row per URL, dead links included
    --to             download files from the Hugging Face hub
    neither          print names, sizes, licence and local state of all downloads

    Exit status 1: a file differs from its published form.
    """
    if given["list_file"] and given["to"]:
        _scrape(options, key, given)
    elif given["list_file"]:
        raise click.UsageError("--list requires --to FOLDER")
    elif given["to"]:
        downloads.download_from_hub(options, key, expanded(given["to"]), given["only"])
    else:
        downloads.print_downloads(options, key)


def _scrape(options: CommonOptions, key: str, given: dict[str, Any]) -> None:
    run = _import_optional("indexer.fetching.run")
    request = run.FetchRequest(
        given["list_file"],
        expanded(given["to"]),
        _parts(key, given["url_column"]),
        run.FetchLayout(given["layout"]),
        given["retry_failed"],
        FetchLimits(**{name: given[name] for name in _LIMITS}),
        FetchPolicy(**{name: given[name] for name in _POLICY}),
    )
    _print(run.fetch(request, options.progress))


def _import_optional(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise DependencyError(f"fetching needs {error.name}: pip install 'image-manifest[fetch]'") from error


def _parts(key: str, column: str | None) -> Sequence[ListPart]:
    if column is not None:
        return (ListPart(column),)
    if key not in KNOWN_LISTS:
        known = ", ".join(KNOWN_LISTS)
        raise ConfigError(f"no list of URLs is known for '{key}' (known: {known}). Name the column with --url-column.")
    return KNOWN_LISTS[key]


def _print(summary: Any) -> None:
    """Print the number of items per outcome."""
    table = Table("status", "error", "HTTP", "images", "bytes", box=None)
    for tally in summary.tallies:
        status = "" if tally.http_status is None else str(tally.http_status)
        table.add_row(tally.status, tally.error or "", status, f"{tally.items:,}", f"{tally.size:,}")
    console = Console(markup=False)
    console.print(table)
    if summary.lost:
        console.print(f"{summary.lost:,} images of an earlier run were missing on disk and were requested again")
    console.print(f"log: {summary.table}", soft_wrap=True)
