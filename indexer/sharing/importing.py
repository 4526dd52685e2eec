"""Import an export: match its rows with the manifest, and substitute missing ones."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.base.errors import ManifestError
from indexer.base.processes import scratch_folder
from indexer.base.selection_terms import is_selection_name
from indexer.manifest.store import Store
from indexer.selection.inspecting import Inspector, inspect_rows
from indexer.selection.storing import forget, record_run
from indexer.sharing import untrusted
from indexer.sharing.models import ROW_SCHEMA, ExportHeader, ImportOptions, MissingPolicy
from indexer.sharing.pairs import PAIRS_FILE, store_pairs
from indexer.sharing.replacing import require_equal


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
    """The result of an import: rows of the new selection without spares, substitutes among them, and missing rows.

    ``renamed`` counts the rows that were found under another file_id, ``by_pixels`` those with other bytes.
    """

    name: str
    head: ExportHeader
    matches: tuple[MatchCount, ...]
    selected: int
    substituted: int
    unfilled: int
    renamed: int = 0
    by_pixels: int = 0


def import_manifest(
    store: Store, folder: Path, name: str | None, options: ImportOptions, inspector: Inspector | None = None
) -> Imported:
    """Make a selection from the export in ``folder``, named ``name`` or as in the export.

    An image that has another file_id here is found by its sha256, if it was inspected. With an ``inspector``, images
    that were not, and have the size of a row that is not found, are inspected first.

    Raises:
        ManifestError: the folder is no valid export, it has no valid name and none is given, there is a selection of
            that name that differs, no row is found, or rows are not found and ``options.missing`` is FAIL.
    """
    with scratch_folder("import") as scratch:
        clean = scratch / "rows.parquet"
        head = untrusted.load(folder, clean, untrusted.ImportLimits(rows=options.max_rows))
        if not name and not is_selection_name(head.name):
            raise ManifestError(
                f"{folder} has a selection named {head.name!r}: import it under another name with --name"
            )
        if not options.force:
            require_equal(store, name or head.name, clean, head)
        if inspector:
            _inspect_candidates(store, clean, inspector)
        with store.transaction():
            return _import(store, clean, name or head.name, (head, options))


def _inspect_candidates(store: Store, clean: Path, inspector: Inspector) -> None:
    with pq.ParquetFile(clean, pre_buffer=False) as file:
        rows = file.read(["file_id", "size", "hash"])
    with store.registered("imported", rows):
        candidates = store.arrow("share/same_size")
    if candidates.num_rows:
        inspect_rows(store, candidates, inspector)


def _import(store: Store, clean: Path, name: str, given: tuple[ExportHeader, ImportOptions]) -> Imported:
    head, options = given
    forget(store, name)
    _insert_rows(store, clean, name)
    store.save("matched", "share/matched", {"name": name, "match": options.match.value})
    _store_matches(store, name)
    matches = tuple(MatchCount(*row) for row in store.rows("share/match_counts"))
    open_rows = sum(match.images for match in matches if match.is_open)
    if not any(match.outcome == "found" for match in matches):
        raise ManifestError(
            f"no source on this machine matches the export '{head.name}': none of its {open_rows:,} images was found"
            f" ({_listed(matches)}). Set the paths of their sources in local.cfg, and run 'python -m indexer scan'"
        )
    if open_rows and options.missing is MissingPolicy.FAIL:
        raise ManifestError(
            f"'{name}' is incomplete here ({_listed(matches)}): get these images, or import with --missing substitute"
            " or skip"
        )
    store_pairs(store, clean.with_name(PAIRS_FILE), name)
    selected, substituted = _select(store, name, head, options.missing)
    [(renamed, by_pixels)] = store.rows("share/other_matches", {"name": name})
    store.execute("drop table matched")
    return Imported(name, head, matches, selected, substituted, open_rows - substituted, renamed, by_pixels)


def _listed(matches: tuple[MatchCount, ...]) -> str:
    return "; ".join(str(match) for match in matches if match.is_open)


def _insert_rows(store: Store, clean: Path, name: str) -> None:
    columns = ", ".join(field.name for field in ROW_SCHEMA)
    with pq.ParquetFile(clean, pre_buffer=False) as file:  # a read-ahead buffer would be kept to the end
        rows = pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches())
        with store.registered("imported", rows):
            store.execute(
                f"insert into shared_row (name, {columns}) select $name, {columns} from imported", {"name": name}
            )


def _store_matches(store: Store, name: str) -> None:
    store.execute(
        "update shared_row r set local_file_id = m.local_file_id, matched_by = m.matched_by from matched m"
        " where r.name = $name and r.split = m.split and r.position = m.position and m.local_file_id is not null",
        {"name": name},
    )


def _select(store: Store, name: str, head: ExportHeader, missing: MissingPolicy) -> tuple[int, int]:
    """Store the selection; returns the number of its rows without spares, and of the substitutes among them."""
    step = "share/substituted" if missing is MissingPolicy.SUBSTITUTE else "share/found"
    store.append("selection", step, {"name": name})
    record = {"name": name, "recipe": head.recipe, "recipe_hash": head.recipe_hash, "seed": head.seed}
    record_run(store, {**record, "made_from": "export", "algorithm": head.algorithm or None})
    [(selected, substituted)] = store.rows("share/selected_counts", {"name": name})
    return selected, substituted
