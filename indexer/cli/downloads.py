"""The half of ``fetch`` that is not scraping: what to download by hand and how it stands, and what the hub has."""

from collections.abc import Sequence
from pathlib import Path

from indexer.base.errors import CheckFailed, ConfigError
from indexer.base.remote import Url
from indexer.base.suggestions import nearest
from indexer.cli import messages
from indexer.cli.messages import printable
from indexer.cli.options import Session
from indexer.declarations.models import Source
from indexer.fetching import hub
from indexer.fetching.downloads import DownloadCheck, DownloadState, Inventory, take_stock
from indexer.fetching.lists import RECIPES
from indexer.roots import declared


def show(session: Session, key: str) -> None:
    """Print what the source ``key`` is made of and how that stands at its place in local.cfg.

    Raises:
        CheckFailed: something that is there is not as it should be.
    """
    source = _source(session, key)
    _print(take_stock(source, _root(session, source), session.progress))


def from_hub(session: Session, key: str, to: Path, only: Sequence[str]) -> None:
    """Bring what the hub has of ``key`` to a folder, then print how it stands."""
    source = _source(session, key)
    for repository, globs in hub.wanted(source, only).items():
        messages.tell(f"{repository}: {', '.join(globs)} to {to}")
        hub.download(repository, globs, to)
    _print(take_stock(source, to, session.progress))


def _source(session: Session, key: str) -> Source:
    sources = {each.key: each for each in declared(session.config if session.config_file.exists() else None)}
    if key not in sources:
        begun = "' or '".join(each for each in sorted(sources) if each.startswith(key))
        hint = f"did you mean '{begun}'?" if begun else nearest(key, sources)
        raise ConfigError(f"no source is called '{key}': {hint}")
    return sources[key]


def _root(session: Session, source: Source) -> Path:
    """Where a source lies; whoever has no local.cfg yet is told what to download all the same."""
    if not session.config_file.exists():
        return Path(source.default_folder)
    root = session.config.root(source.key, source.default_folder)
    if isinstance(root, Url):
        raise ConfigError(
            f"{source.key}: {root} is no folder of this machine, and only in folders downloads are checked"
        )
    return root


def _print(stock: Inventory) -> None:
    """All of a source's head and state, to standard output."""
    head = stock.source.info
    for title, text in (("", head.name), ("from", head.homepage), ("licence", head.licence), ("cite", head.citation)):
        if text:
            print(f"{title + ': ' if title else ''}{text}")
    print()
    for line in (line for check in stock.checks for line in _lines(check)):
        print(printable(line))
    print(f"\nLooked for in {stock.root}; {stock.others:,} other files lie there")
    for gap in stock.gaps:
        print(f"Incomplete: {printable(gap)}")
    for hint in _hints(stock):
        print(hint)
    if stock.is_wrong:
        raise CheckFailed(f"{stock.source.key}: something is not as it was published; download it again")


def _lines(check: DownloadCheck) -> list[str]:
    """A download: how it stands, what it is, where it comes from, what to know."""
    download = check.download
    size = f", {download.size:,} bytes" if download.size else ""
    about = [check.detail, download.place, download.note]
    return [f"{check.state.value:15}{download.file}{size}", *(f"{'':15}{text}" for text in about if text)]


def _hints(stock: Inventory) -> list[str]:
    """What to do next."""
    key, hints = stock.source.key, []
    missing = any(check.state in {DownloadState.MISSING, DownloadState.UNKNOWN} for check in stock.checks)
    if stock.others and missing:
        hints.append("Archives may also lie unpacked: 'scan' finds images either way")
    if key in RECIPES:
        hints.append(f"Images: python -m indexer fetch {key} --list {stock.checks[0].download.file} --to {stock.root}")
    if missing and any(check.download.hub for check in stock.checks):
        hints.append(f"From the hub: python -m indexer fetch {key} --to {stock.root}  (--only GLOB for a part of it)")
    return hints
