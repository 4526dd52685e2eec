"""Two shared manifests: what was added, dropped, moved between splits, or changed in content or metadata."""

import tempfile
from pathlib import Path

import duckdb
import pyarrow as pa
from pyarrow.dataset import dataset

from indexer import resources
from indexer.sharing import foreign


def difference(before: Path, after: Path) -> pa.Table:
    """Rows (change, file_id, origin, split_before, split_after) that differ between two folders of exports.

    ``change`` is added, dropped, moved, role, content or metadata: the first of these that holds.

    Raises:
        ManifestError: one of the folders holds no sound manifest.
    """
    with tempfile.TemporaryDirectory(prefix="diff-") as scratch, duckdb.connect() as engine:
        for name, folder in (("before", before), ("after", after)):
            clean = Path(scratch) / f"{name}.parquet"
            foreign.load(folder, clean)
            engine.register(name, dataset(clean))
        return engine.sql(resources.sql("share/difference")).to_arrow_table()
