"""Refuse to replace a selection by an import that differs from it."""

from pathlib import Path

from indexer.base.errors import ManifestError
from indexer.manifest.scratch import parquet_rows
from indexer.manifest.store import Store
from indexer.sharing.models import ExportHeader

_HASH_SHOWN = 12  # hex digits


def require_equal(store: Store, name: str, clean: Path, head: ExportHeader) -> None:
    """Compare the selection ``name``, if there is one, with the rows of an export in the file ``clean``.

    Raises:
        ManifestError: they differ; the message lists the differences.
    """
    found = store.execute("select recipe_hash from selection_run where name = $name", {"name": name})
    if not found:
        return
    with store.registered("imported", parquet_rows(clean)):
        splits = store.rows("share/replaced", {"name": name})
    differences = [
        f"{split}: {present:,} rows here, {shared:,} in the export, {equal:,} equal"
        for split, present, shared, equal in splits
        if not present == shared == equal
    ]
    [(here,)], exported = found, head.recipe_hash
    if here != exported:
        differences.append(f"recipe hash: {here[:_HASH_SHOWN]} here, {exported[:_HASH_SHOWN]!r} in the export")
    if differences:
        raise ManifestError(
            f"there is another selection '{name}' ({'; '.join(differences)}): import under another name with --name,"
            " or replace it with --force"
        )
