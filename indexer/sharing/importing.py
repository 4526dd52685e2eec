"""Import an export: match its rows with the manifest, and substitute missing ones."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.base.errors import ManifestError
from indexer.base.processes import scratch_folder
from indexer.manifest.store import Store
from indexer.selection.models import is_selection_name
from indexer.selection.storing import forget
from indexer.sharing import untrusted
from indexer.sharing.models import ROW_SCHEMA, ExportHeader
from indexer.sharing.replacing import require_equal


class MissingPolicy(StrEnum):
    """Treatment of rows that the manifest lacks or has differently."""

    FAIL = "fail"
    SKIP = "skip"
    SUBSTITUTE = "substitute"


@dataclass(frozen=True, slots=True)
class MatchCount:
    """Number of images of one origin with one outcome: found, missing, different or unusable."""

    origin: str
    is_spare: bool
    outcome: str
    images: int
    example: str

    @property
    def is_open(self) -> bool:
        """Whether these are rows of the dataset, not spares, that were not found."""
        return self.outcome != "found" and not self.is_spare

    def __str__(self) -> str:
        return f"{self.origin}: {self.images:,} {self.outcome}, for instance {self.example}"


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of an import: rows of the new selection without spares, substitutes among them, and missing rows."""

    name: str
    head: ExportHeader
    matches: tuple[MatchCount, ...]
    selected: int
    substituted: int
    unfilled: int


def import_manifest(
    store: Store, folder: Path, name: str | None, missing: MissingPolicy, *, force: bool = False
) -> Imported:
    """Make a selection from the export in ``folder``, named ``name`` or as in the export.

    ``force`` replaces a selection of that name that differs from the export.

    Raises:
        ManifestError: the folder is no valid export, it has no valid name and none is given, there is a selection of
            that name that differs, or rows are not found and ``missing`` is FAIL.
    """
    with scratch_folder("import") as scratch:
        clean = scratch / "rows.parquet"
        head = untrusted.load(folder, clean)
        if not name and not is_selection_name(head.name):
            raise ManifestError(
                f"{folder} has a selection named {head.name!r}: import it under another name with --name"
            )
        with store.transaction():
            if not force:
                require_equal(store, name or head.name, clean, head)
            return _import(store, clean, name or head.name, (head, missing))


def _import(store: Store, clean: Path, name: str, given: tuple[ExportHeader, MissingPolicy]) -> Imported:
    head, missing = given
    forget(store, name)
    _insert_rows(store, clean, name)
    store.save("matched", "share/matched", {"name": name})
    matches = tuple(MatchCount(*row) for row in store.rows("share/match_counts"))
    open_rows = sum(match.images for match in matches if match.is_open)
    if open_rows and missing is MissingPolicy.FAIL:
        listed = "; ".join(str(match) for match in matches if match.is_open)
        raise ManifestError(
            f"'{name}' is incomplete here ({listed}): get these images, or import with --missing substitute or skip"
        )
    selected, substituted = _select(store, name, head, missing)
    store.execute("drop table matched")
    return Imported(name, head, matches, selected, substituted, open_rows - substituted)


def _insert_rows(store: Store, clean: Path, name: str) -> None:
    columns = ", ".join(field.name for field in ROW_SCHEMA)
    with pq.ParquetFile(clean, pre_buffer=False) as file:  # a read-ahead buffer would be kept to the end
        rows = pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches())
        with store.registered("imported", rows):
            store.execute(
                f"insert into shared_row (name, {columns}) select $name, {columns} from imported", {"name": name}
            )


def _select(store: Store, name: str, head: ExportHeader, missing: MissingPolicy) -> tuple[int, int]:
    """Store the selection; returns the number of its rows without spares, and of the substitutes among them."""
    step = "share/substituted" if missing is MissingPolicy.SUBSTITUTE else "share/found"
    store.append("selection", step, {"name": name})
    made_from = {"name": name, "recipe": head.recipe, "hash": head.recipe_hash, "seed": head.seed}
    store.execute("insert into selection_run values ($name, $recipe, $hash, $seed)", made_from)
    [(selected, substituted)] = store.rows("share/selected_counts", {"name": name})
    return selected, substituted
