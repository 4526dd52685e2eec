"""At the start of long work: what of each source is there, in a few lines on standard error."""

from collections.abc import Mapping, Sequence

from indexer.base.remote import Root
from indexer.cli import messages
from indexer.cli.options import Session
from indexer.declarations.models import Source
from indexer.declarations.preflight import SourceState, source_states
from indexer.manifest.store import Store


def show(session: Session, sources: Sequence[Source], roots: Mapping[str, Root], manifest: Store) -> None:
    """Say which sources are there and how they are packed, which side files they lack, and which are not there."""
    if session.quiet:
        return
    states = source_states(sources, roots, manifest)
    found = [state for state in states if state.found]
    for state in found:
        messages.tell(_line(state), event="source")
    absent = [state.source.key for state in states if not state.found]
    if found and absent:
        messages.tell(f"not there: {', '.join(absent)} ('python -m indexer sources KEY' says what to download)")


def packed(state: SourceState) -> str:
    """``29 zip, 348 volumes, folder``: loose files are not counted."""
    kinds = [kind if kind == "folder" else f"{count:,} {kind}" for kind, count in sorted(state.packed.items())]
    return ", ".join([*kinds, *(["..."] if state.more else [])])


def _line(state: SourceState) -> str:
    images = f"; {state.total:,} images at the last scan" if state.scanned else ""
    lacks = f"; lacks {', '.join(state.side_missing)}" if state.side_missing else ""
    return f"{state.source.key}: {packed(state)}{images}{lacks}"
