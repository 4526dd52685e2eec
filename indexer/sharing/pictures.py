"""The pictures of an export, for comparisons with those of this machine."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.base.processes import scratch_folder
from indexer.sharing import untrusted
from indexer.sharing.models import HEAD_FILE

_COLUMNS = ["split", "file_id", "hash", "pixel_hash"]


def is_export(folder: Path) -> bool:
    """Return whether ``folder`` looks like an export."""
    return (folder / HEAD_FILE).is_file()


def pictures_of(folder: Path) -> pa.Table:
    """Return split, file_id, hash and pixel_hash of the images of an export, spares included.

    Raises:
        ManifestError: the folder is no valid export.
    """
    with scratch_folder("pictures") as scratch:
        clean = scratch / "rows.parquet"
        untrusted.load(folder, clean)
        return pq.read_table(clean, columns=_COLUMNS)
