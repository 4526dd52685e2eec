"""Audit a selection for duplicates, leaks between splits, and metadata that predict the label."""

from dataclasses import dataclass, fields

import pyarrow as pa

from indexer.base.errors import ManifestError
from indexer.manifest.store import Store, require_selection
from indexer.selection.audit.measures import Measures, measure
from indexer.selection.audit.prediction.tree import tree_maker
from indexer.selection.audit.sentences import LEVEL
from indexer.selection.inspecting import renew_traits
from indexer.selection.models import Inspect
from indexer.selection.near_looks import RADIUS
from indexer.selection.working_tables import working_tables

_MATCHED = ("matched_traits", "matched_shortcuts", "short_bins")


@dataclass(frozen=True, slots=True)
class Audit(Measures):
    """The measures of a selection, or of all inspected images (``name`` is None).

    Of a matched selection: ``matched_traits`` (trait, bins, smd_before, smd_after, imbalance_before, imbalance_after),
    ``matched_shortcuts`` (trait, before, after, chance: balanced accuracies), ``short_bins`` (split, bin, fakes,
    candidates, matched, nearest); of others, they have no rows. ``words`` are sentences: why the label cannot be
    judged, if so, then the strongest shortcuts.
    """

    name: str | None
    images: int
    matched_traits: pa.Table
    matched_shortcuts: pa.Table
    short_bins: pa.Table

    @property
    def leaking(self) -> int:
        """The number of groups over several splits that share content, a real image or a declared group.

        Shared prompts do not count.
        """
        content = [row["over_splits"] for row in self.duplicates.to_pylist()]
        shared = [row["groups"] for row in self.leaks.to_pylist() if row["kind"] != "prompt"]
        return int(sum(content + shared))

    @property
    def worst(self) -> float | None:
        """The best balanced accuracy at which metadata predict the label, of traits that are better than chance.

        0.5 if none is; None if there are too few images to tell.
        """
        rows = [row for row in self.shortcuts.to_pylist() if row["target"] == "label"]
        sure = [row["balanced_accuracy"] for row in rows if row["p"] <= LEVEL]
        return max(sure, default=0.5 if rows else None)


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """``radius``: bits in which near duplicates may differ. ``tree``: whether a decision tree is fitted as well.

    ``turned``: mirrored and turned images are near duplicates, too.
    """

    radius: int = RADIUS
    tree: bool = True
    turned: bool = False


def audit(store: Store, name: str | None, options: AuditOptions, inspect: Inspect | None = None) -> Audit:
    """Audit the selection ``name``, or all inspected images.

    ``inspect`` first reads the images of the selection that were never inspected, or before traits were read.

    Raises:
        RecipeError: there is no such selection.
        ManifestError: none of its images was inspected.
        DependencyError: ``options.tree`` is set and scikit-learn is not installed.
    """
    make_tree = tree_maker() if options.tree else None
    with working_tables(store):
        inspect_audited(store, name, inspect)
        images = store.save("work.audited", "audit/audited", {"name": name, "with_unmatched": False})
        if not images:
            raise ManifestError(
                "no image to audit was inspected yet: run 'python -m indexer inspect --all', or make a selection"
            )
        found = measure(store, options.radius, make_tree, is_turned=options.turned)
        matched = {step: store.arrow(f"audit/{step}", {"name": name}) for step in _MATCHED}
        measured = {field.name: getattr(found, field.name) for field in fields(found)}
        return Audit(**measured, name=name, images=images, **matched)


def inspect_audited(store: Store, name: str | None, inspect: Inspect | None) -> None:
    """Inspect the images of selection ``name`` that were never inspected, or before traits were read.

    Nothing is inspected without ``inspect`` or ``name``. The working tables are attached.

    Raises:
        RecipeError: there is no such selection.
    """
    if name is None:
        return
    require_selection(store, name)
    if inspect:
        store.save("work.pool", "audit/pool", {"name": name})
        renew_traits(store)
        inspect(store)
