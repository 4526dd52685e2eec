"""Two shared manifests: what was added, dropped, moved between splits, or changed in content or metadata."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pyarrow.dataset import dataset

from indexer.base import resources
from indexer.manifest.store import scratch_database
from indexer.sharing import untrusted

_AT_A_TIME = 65_536


def difference(before: Path, after: Path) -> Iterator[dict[str, Any]]:
    """Yield rows (change, file_id, origin, split_before, split_after) that differ between two folders of exports.

    ``change`` is added, dropped, moved, role, content or metadata: the first of these that holds.

    Raises:
        ManifestError: one of the folders holds no sound manifest.
    """
    with TemporaryDirectory(prefix="diff-") as scratch, scratch_database(Path(scratch)) as engine:
        for name, folder in (("before", before), ("after", after)):
            clean = Path(scratch) / f"{name}.parquet"
            untrusted.load(folder, clean)
            engine.register(name, dataset(clean))
        for batch in engine.sql(resources.sql("share/difference")).to_arrow_reader(_AT_A_TIME):
            yield from batch.to_pylist()
