"""The part of ``fetch`` without lists of URLs: check downloads made by hand, and download from the hub."""

from collections.abc import Sequence
from pathlib import Path

from indexer.base.errors import CheckFailed, ConfigError
from indexer.base.remote import Url
from indexer.cli.options.common import CommonOptions
from indexer.cli.options.source_keys import sources_of
from indexer.cli.printing import messages
from indexer.cli.printing.messages import printable
from indexer.declarations import refuse_wrong
from indexer.declarations.models import Source
from indexer.fetching import hub
from indexer.fetching.downloads import DownloadCheck, DownloadState, Inventory, check_downloads
from indexer.fetching.lists import KNOWN_LISTS
from indexer.roots import declared


def print_downloads(options: CommonOptions, key: str) -> None:
    """Print the downloads of the source ``key``, and their state at its root in local.cfg.

    Raises:
        CheckFailed: a file differs from its published form.
    """
    source = _source(options, key)
    _print(check_downloads(source, _root(options, source), options.progress))


def download_from_hub(options: CommonOptions, key: str, to: Path, only: Sequence[str]) -> None:
    """Download the files of ``key`` from the hub to a folder, then print their state."""
    source = _source(options, key)
    for repository, globs in hub.files_to_download(source, only).items():
        messages.print_message(f"{repository}: {', '.join(globs)} to {to}")
        hub.download(repository, globs, to)
    _print(check_downloads(source, to, options.progress))


def _source(options: CommonOptions, key: str) -> Source:
    [source] = sources_of(declared(options.config), [key])
    refuse_wrong([source])
    return source


def _root(options: CommonOptions, source: Source) -> Path:
    """Return the root of a source."""
    root = options.config.root(source.key, source.default_folder)
    if isinstance(root, Url):
        raise ConfigError(f"{source.key}: {root} is not a local folder; only downloads in local folders can be checked")
    return root


def _print(stock: Inventory) -> None:
    """Print the description of a source and the state of its downloads."""
    head = stock.source.info
    for title, text in (("", head.name), ("from", head.homepage), ("licence", head.licence), ("cite", head.citation)):
        if text:
            print(f"{title + ': ' if title else ''}{text}")
    print()
    for line in (line for check in stock.checks for line in _lines(check)):
        print(printable(line))
    print(f"\nLooked for in {stock.root}; {stock.others:,} other files are there")
    for gap in stock.gaps:
        print(f"Incomplete: {printable(gap)}")
    for hint in _hints(stock):
        print(hint)
    if stock.is_wrong:
        raise CheckFailed(f"{stock.source.key}: a file differs from its published form. Download it again.")


def _lines(check: DownloadCheck) -> list[str]:
    """Return the lines of a download: its state and name, then its detail, address and note."""
    download = check.download
    size = f", {download.size:,} bytes" if download.size else ""
    about = [check.detail, download.place, download.note]
    return [f"{check.state.value:15}{download.file}{size}", *(f"{'':15}{text}" for text in about if text)]


def _hints(stock: Inventory) -> list[str]:
    """Return commands for the next step."""
    key, hints = stock.source.key, []
    missing = any(check.state in {DownloadState.MISSING, DownloadState.UNKNOWN} for check in stock.checks)
    if stock.others and missing:
        hints.append("Unpacked archives are fine: 'scan' finds images either way")
    if key in KNOWN_LISTS:
        hints.append(f"Images: python -m indexer fetch {key} --list {stock.checks[0].download.file} --to {stock.root}")
    if missing and any(check.download.hub for check in stock.checks):
        hints.append(f"From the hub: python -m indexer fetch {key} --to {stock.root}  (--only GLOB for a part of it)")
    return hints
