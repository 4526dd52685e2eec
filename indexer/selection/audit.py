"""Look for what spoils a benchmark: duplicates, leaks between splits, and metadata that give the answer away."""

from dataclasses import dataclass

import pyarrow as pa

from indexer.base.errors import ManifestError
from indexer.manifest.store import Store, require_selection
from indexer.selection import shortcuts
from indexer.selection.choosing import workbench
from indexer.selection.models import Inspect, put


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found; each table says in its columns what it counts.

    ``duplicates``: kind, groups, over_splits, over_labels, example. ``leaks``: kind (photograph, prompt), groups,
    images, example. ``shortcuts``: target, trait, balanced_accuracy, chance. ``words``: the worst shortcuts in words.
    """

    name: str | None
    images: int
    duplicates: pa.Table
    leaks: pa.Table
    shortcuts: pa.Table
    words: tuple[str, ...]

    @property
    def leaking(self) -> int:
        """Groups whose content or photograph stands in several splits; a prompt in several is told, but is no leak."""
        content = [row["over_splits"] for row in self.duplicates.to_pylist()]
        photographs = [row["groups"] for row in self.leaks.to_pylist() if row["kind"] == "photograph"]
        return int(sum(content + photographs))

    @property
    def worst(self) -> float:
        """How well photographs and fakes can be told by metadata: the best balanced accuracy of all rules."""
        rows = self.shortcuts.to_pylist()
        return max((row["balanced_accuracy"] for row in rows if row["target"] == "label"), default=0.0)


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """``radius``: bits in which near duplicates may differ. ``tree``: whether a decision tree is tried, too."""

    radius: int = 4
    tree: bool = True


def audit(store: Store, name: str | None, options: AuditOptions, inspect: Inspect | None = None) -> Audit:
    """Audit the selection ``name``, or all images that were inspected.

    ``inspect`` looks first at selected images that nobody looked at yet.

    Raises:
        RecipeError: there is no such selection.
        ManifestError: nothing of it was inspected.
        DependencyError: a decision tree is wanted and scikit-learn is not there.
    """
    tree = shortcuts.tree_of() if options.tree else None
    if name is not None:
        require_selection(store, name)
    with workbench(store):
        if name is not None and inspect:
            store.save("work.pool", "audit/pool", {"name": name})
            inspect(store)
        images = store.save("work.audited", "audit/audited", {"name": name})
        if not images:
            raise ManifestError("no image to audit was inspected yet: run without --no-inspect, or make a selection")
        duplicates = _duplicates(store, options.radius)
        leaks = store.arrow("audit/leaks")
        found = shortcuts.find(store, tree)
        return Audit(name, images, duplicates, leaks, found, tuple(shortcuts.words(store, found)))


def _duplicates(store: Store, radius: int) -> pa.Table:
    put(store, "near", [])
    store.save("work.print", "audit/prints")
    if radius > 0:
        store.append("work.near", "select/near", {"radius": radius})
    return store.arrow("audit/duplicates")
