"""Build the report of a manifest, or of one of its selections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from indexer.base.progress import SILENT, Progress
from indexer.base.remote import Root
from indexer.base.workers import Workers
from indexer.manifest.store import Store, require_selection
from indexer.reporting import facts
from indexer.reporting.facts import columns
from indexer.reporting.models import ReportContext, ReportOptions
from indexer.reporting.page import ReportPage
from indexer.reporting.shared_pictures import shared_pictures
from indexer.reporting.thumbnails import draw_thumbnails

# Title of a table of a matched selection -> its step of sql/audit.
_MATCHING = {
    "Columns that were matched": "matched_traits",
    "Balanced accuracy of metadata alone": "matched_shortcuts",
    "Bins with too few real images": "short_bins",
}


@dataclass(frozen=True, slots=True)
class ManifestReader:
    """How images are read. ``roots`` maps the key of a source to its root on this machine."""

    roots: Mapping[str, Root]
    workers: Workers
    progress: Progress = SILENT


def report(
    store: Store, name: str | None, options: ReportOptions, reader: ManifestReader, others: Sequence[str] = ()
) -> ReportPage:
    """Return the report of the selection ``name``, or of the whole manifest for None.

    ``others``: selections, sources or exports whose pictures the selection may share.

    Raises:
        RecipeError: there is no such selection, or nothing of a name in ``others``.
        ManifestError: an export is not valid.
    """
    inputs = []
    if name:
        require_selection(store, name)
        [(recipe_hash, seed)] = store.rows("plan/selection_run", {"selection": name})
        inputs = [("recipe", recipe_hash[:16]), ("seed", seed)]
    shared = shared_pictures(store, name, others) if name else ()
    step = "report/rows_of_selection" if name else "report/rows_of_manifest"
    store.save_temporary("report_row", step, {"name": name})
    gathered = facts.gather(store, options, facts.Step("audit/audited", {"name": name, "with_unmatched": False}))
    thumbnails = draw_thumbnails(store, reader.roots, reader.workers, reader.progress)
    context = ReportContext(
        facts=inputs,
        refused=columns(store, "excluded", {"name": name}) if name else columns(store, "unusable"),
        substituted=columns(store, "substituted"),
        health=columns(store, "health"),
        licences=dict(store.execute("select source, licence from source_info")),
        shared=shared,
        histograms=store.arrow("report/histograms", {"name": name}).to_pylist(),
        matching={title: store.arrow(f"audit/{step}", {"name": name}).to_pydict() for title, step in _MATCHING.items()},
    )
    return ReportPage(name or store.path.stem, "selection" if name else "manifest", gathered, thumbnails, context)
