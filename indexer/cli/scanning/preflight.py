"""Print the state of each source before long work."""

from collections.abc import Mapping, Sequence

from indexer.base.remote import Root
from indexer.cli.options.common import CommonOptions
from indexer.cli.printing.messages import print_message
from indexer.declarations.models import Source
from indexer.declarations.preflight import SourceState, source_states
from indexer.manifest.store import Store

_MAX_NAMES = 12


def print_source_states(
    options: CommonOptions, sources: Sequence[Source], roots: Mapping[str, Root], manifest: Store
) -> None:
    """Print, per source found, its packing and missing side files; then the sources that are missing."""
    if options.quiet:
        return
    states = source_states(sources, roots, manifest)
    found = [state for state in states if state.found]
    for state in found:
        images = f"; {state.total:,} images at the last scan" if state.scanned else ""
        missing = f"; missing side files: {', '.join(state.side_missing)}" if state.side_missing else ""
        print_message(f"{state.source.key}: {packed(state)}{images}{missing}", event="source")
    absent = [state.source.key for state in states if not state.found]
    if found and absent:
        names = ", ".join(absent[:_MAX_NAMES]) + (
            f" and {len(absent) - _MAX_NAMES} more" if absent[_MAX_NAMES:] else ""
        )
        print_message(f"not found: {names} ('python -m indexer sources KEY' lists the downloads)")


def packed(state: SourceState) -> str:
    """Return ``29 zip, 348 volumes, folder``; loose files are not counted."""
    kinds = [kind if kind == "folder" else f"{count:,} {kind}" for kind, count in sorted(state.packed.items())]
    return ", ".join([*kinds, *(["..."] if state.more else [])])
