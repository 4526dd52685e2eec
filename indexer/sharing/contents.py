"""What a dataset is made of, as one digest a split and one for all, which two labs compare by eye.

They are made of identities and of the images' bytes as their origins ship them: order, shard size, output format and
conversion have no say.
"""

import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq


def digests_of(rows: pa.Table, column: str = "source_sha256") -> dict[str, str]:
    """sha256 (hex) by split, and of ``all`` splits in name order.

    ``rows`` has the columns split and file_id, and the images' sha256 in ``column``. A split's digest is that of its
    lines ``file_id TAB sha256``, in the order of the file_ids' bytes.
    """
    by_split = {split: _digest(rows.filter(pc.equal(rows["split"], split)), column) for split in _splits(rows)}
    lines = "".join(f"{split}\t{digest}\n" for split, digest in by_split.items())
    return {**by_split, "all": hashlib.sha256(lines.encode()).hexdigest()}


def contents_of(file: Path) -> dict[str, str]:
    """The digests of the rows of a shared manifest, its spares left out."""
    rows = pq.read_table(file, columns=["split", "role", "file_id", "hash"])
    return digests_of(rows.filter(pc.not_equal(rows["role"], "spare")), "hash")


def _splits(rows: pa.Table) -> list[str]:
    return sorted(pc.unique(rows["split"]).to_pylist())


def _digest(rows: pa.Table, column: str) -> str:
    ordered = rows.sort_by([("file_id", "ascending")])
    digest = hashlib.sha256()
    for batch in ordered.to_batches(max_chunksize=65_536):
        pairs = zip(batch["file_id"].to_pylist(), batch[column].to_pylist(), strict=True)
        digest.update("".join(f"{file_id}\t{sha256}\n" for file_id, sha256 in pairs).encode())
    return digest.hexdigest()
