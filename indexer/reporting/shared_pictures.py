"""The pictures that a selection shares with others, as matrices of their parts."""

from collections.abc import Sequence
from pathlib import Path

from indexer.manifest.store import Store
from indexer.reporting.models import SharedPictures
from indexer.selection.audit.between import Between, audit_between
from indexer.selection.excluding import selections_among
from indexer.selection.near_looks import RADIUS
from indexer.sharing.pictures import is_export, pictures_of


def shared_pictures(store: Store, name: str, others: Sequence[str]) -> tuple[SharedPictures, ...]:
    """Compare the inspected images of selection ``name`` with those of other selections, sources or exports.

    Raises:
        RecipeError: there is no such selection, source or export.
        ManifestError: an export is not valid.
    """
    exports = {other: pictures_of(Path(other)) for other in others if is_export(Path(other))}
    selections_among(store, [other for other in others if other not in exports])  # refuses wrong names before the work
    return tuple(_matrix(other, audit_between(store, (name, other), exports, RADIUS)) for other in others)


def _matrix(other: str, found: Between) -> SharedPictures:
    cells = {(row["part_a"], row["part_b"]): row for row in found.matrix.to_pylist()}
    parts, other_parts = (tuple(sorted({key[side] for key in cells})) for side in (0, 1))
    return SharedPictures(other, parts, other_parts, cells, found.compared, found.unknown)
