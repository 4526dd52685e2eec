"""A manifest, or one of its selections -> its report."""

from collections.abc import Mapping
from dataclasses import dataclass

from indexer.base.progress import SILENT, Progress
from indexer.base.remote import Root
from indexer.base.workers import Workers
from indexer.manifest.store import Store, require_selection
from indexer.reporting import facts, originals
from indexer.reporting.facts import columns
from indexer.reporting.models import Notes, ReportOptions
from indexer.reporting.page import ReportPage


@dataclass(frozen=True, slots=True)
class SelectionReader:
    """What reading images takes. ``roots`` maps a source's key to its place on this machine."""

    roots: Mapping[str, Root]
    workers: Workers
    progress: Progress = SILENT


def report(store: Store, name: str | None, options: ReportOptions, reader: SelectionReader) -> ReportPage:
    """The report of the selection ``name``; None: of the whole manifest.

    Raises:
        RecipeError: there is no such selection.
    """
    if name:
        require_selection(store, name)
    run = _run(store, name) if name else []
    step = "report/rows_of_selection" if name else "report/rows_of_manifest"
    store.save_temporary("report_row", step, {"name": name})
    found = facts.gather(store, options)
    pictures = originals.pictures(store, reader.roots, reader.workers, reader.progress)
    title = name or store.path.stem
    return ReportPage(title, "selection" if name else "manifest", found, pictures, _notes(store, name, run))


def _run(store: Store, name: str) -> list[tuple[str, str]]:
    """What the selection was made from, as lines for the page."""
    [(recipe_hash, seed)] = store.rows("plan/run", {"selection": name})
    return [("recipe", recipe_hash[:16]), ("seed", seed)]


def _notes(store: Store, name: str | None, run: list[tuple[str, str]]) -> Notes:
    refused = columns(store, "excluded", {"name": name}) if name else columns(store, "unusable")
    return Notes(
        facts=run,
        refused=refused,
        substituted=columns(store, "substituted"),
        health=columns(store, "health"),
        licences=dict(store.execute("select source, licence from source_info")),
    )
