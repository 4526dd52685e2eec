"""A shared manifest on this machine: which of its rows are here, and what stands in for those that are not."""

import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.base.errors import ManifestError
from indexer.manifest.store import Store
from indexer.selection.models import is_selection_name
from indexer.selection.storing import forget
from indexer.sharing import untrusted
from indexer.sharing.models import ROW_SCHEMA, ExportHeader


class MissingPolicy(StrEnum):
    """What happens to rows that are not found here as the manifest has them."""

    FAIL = "fail"
    SKIP = "skip"
    SUBSTITUTE = "substitute"


@dataclass(frozen=True, slots=True)
class Gap:
    """Images of one origin with one outcome: found, missing, different, unusable."""

    origin: str
    is_spare: bool
    outcome: str
    images: int
    example: str

    @property
    def is_open(self) -> bool:
        """Whether rows of the dataset itself, not its spares, are not here as the manifest has them."""
        return self.outcome != "found" and not self.is_spare

    def __str__(self) -> str:
        return f"{self.origin}: {self.images:,} {self.outcome}, for instance {self.example}"


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import found. ``selected`` counts the rows of the selection it made, ``unfilled`` those left open."""

    name: str
    head: ExportHeader
    gaps: tuple[Gap, ...]
    selected: int
    substituted: int
    unfilled: int


def import_manifest(store: Store, folder: Path, name: str | None, missing: MissingPolicy) -> Imported:
    """Make a selection out of the shared manifest in ``folder``, under ``name`` or its own.

    Raises:
        ManifestError: the folder holds no sound manifest, its name would be no folder's and none is given, or with
            ``Missing.FAIL`` rows are not found here.
    """
    with tempfile.TemporaryDirectory(prefix="import-") as scratch:
        clean = Path(scratch) / "rows.parquet"
        head = untrusted.load(folder, clean)
        called = name or _name_of(folder, head)
        with store.transaction():
            return _settle(store, clean, called, (head, missing))


def _name_of(folder: Path, head: ExportHeader) -> str:
    if not is_selection_name(head.name):
        raise ManifestError(f"{folder} is of a selection called {head.name!r}: import it under another with --name")
    return head.name


def _settle(store: Store, clean: Path, name: str, given: tuple[ExportHeader, MissingPolicy]) -> Imported:
    head, missing = given
    forget(store, name)
    _insert_rows(store, clean, name)
    store.save("matched", "share/matched", {"name": name})
    gaps = tuple(Gap(*row) for row in store.rows("share/gaps"))
    open_rows = sum(gap.images for gap in gaps if gap.is_open)
    if open_rows and missing is MissingPolicy.FAIL:
        raise ManifestError(_what_is_missing(name, gaps))
    selected, substituted = _select(store, name, head, missing)
    store.execute("drop table matched")
    return Imported(name, head, gaps, selected, substituted, open_rows - substituted)


def _what_is_missing(name: str, gaps: tuple[Gap, ...]) -> str:
    listed = "; ".join(str(gap) for gap in gaps if gap.is_open)
    return f"'{name}' cannot be built whole here ({listed}): get them, or import with --missing substitute or skip"


def _insert_rows(store: Store, clean: Path, name: str) -> None:
    columns = ", ".join(field.name for field in ROW_SCHEMA)
    with pq.ParquetFile(clean, pre_buffer=False) as file:  # what is buffered ahead is kept to the end
        rows = pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches())
        with store.registered("imported", rows):
            store.execute(
                f"insert into shared_row (name, {columns}) select $name, {columns} from imported", {"name": name}
            )


def _select(store: Store, name: str, head: ExportHeader, missing: MissingPolicy) -> tuple[int, int]:
    """Write the selection; returns its rows without spares, and how many of them stand in for others."""
    step = "share/substituted" if missing is MissingPolicy.SUBSTITUTE else "share/found"
    store.append("selection", step, {"name": name})
    made_from = {"name": name, "recipe": head.recipe, "hash": head.recipe_hash, "seed": head.seed}
    store.execute("insert into selection_run values ($name, $recipe, $hash, $seed)", made_from)
    [(selected, substituted)] = store.rows("share/selected_counts", {"name": name})
    return selected, substituted
