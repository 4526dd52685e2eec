"""Compare two exports: rows added, dropped, moved between splits, or changed in content or metadata."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from indexer.base import resources
from indexer.base.processes import scratch_folder
from indexer.manifest.scratch import parquet_rows, scratch_database
from indexer.sharing import untrusted

_BATCH_ROWS = 65_536


def difference(before: Path, after: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows (change, file_id, origin, split_before, split_after) that differ between two exports.

    ``change`` is the first that applies of added, dropped, moved, role, content and metadata.

    Raises:
        ManifestError: one of the folders is not a valid export.
    """
    with scratch_folder("diff") as scratch, scratch_database(scratch) as engine:
        for name, folder in (("before", before), ("after", after)):
            clean = scratch / f"{name}.parquet"
            untrusted.load(folder, clean)
            engine.register(name, parquet_rows(clean))
        for batch in engine.sql(resources.sql("share/difference")).to_arrow_reader(_BATCH_ROWS):
            yield from batch.to_pylist()
