"""What a shared manifest holds. A new column is a new ``FORMAT_VERSION``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

FORMAT = "image-manifest"
FORMAT_VERSION = 1

ROWS_FILE = "files.parquet"
HEAD_FILE = "manifest.json"
CHECK_LENGTH = 16  # hex digits of a row's digest that travel with it, so that a tampered row can be named

# The columns of sql/share/rows.sql, in its order, and the row's check behind them.
ROW_SCHEMA = pa.schema(
    [
        pa.field("split", pa.string(), nullable=False),
        pa.field("position", pa.int64(), nullable=False),
        pa.field("role", pa.string(), nullable=False),
        pa.field("stratum", pa.string(), nullable=False),
        pa.field("substituted_for", pa.string()),
        pa.field("file_id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("origin", pa.string(), nullable=False),
        pa.field("generator", pa.string(), nullable=False),
        pa.field("label", pa.int8(), nullable=False),
        pa.field("description", pa.string(), nullable=False),
        pa.field("positive_prompt", pa.string(), nullable=False),
        pa.field("negative_prompt", pa.string(), nullable=False),
        pa.field("conditioning", pa.string(), nullable=False),
        pa.field("paired_real_images", pa.list_(pa.string()), nullable=False),
        pa.field("size", pa.int64(), nullable=False),
        pa.field("hash", pa.string(), nullable=False),
        pa.field("pixel_hash", pa.string()),
        pa.field("width", pa.int32()),
        pa.field("height", pa.int32()),
        pa.field("format", pa.string()),
        pa.field("mode", pa.string()),
    ]
)
TRAVELLING_SCHEMA = ROW_SCHEMA.append(pa.field("row_check", pa.string(), nullable=False))


@dataclass(frozen=True, slots=True)
class ExportHeader:
    """``manifest.json``: what the rows were made from, their counts, and their digests (sha256, hex) by split.

    ``rows`` maps split to role to count. ``digests`` are over all columns of the rows, spares too; ``contents`` over
    identities and images alone, as a build tells its own: both have a key for each split and ``all``. ``sources`` maps
    a source's key to its name, licence, citation and homepage.
    """

    name: str
    recipe: str
    recipe_hash: str
    seed: str
    tool_version: str
    rows: Mapping[str, Mapping[str, int]]
    digests: Mapping[str, str]
    contents: Mapping[str, str]
    sources: Mapping[str, Mapping[str, Any]]


def nested(counts: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    """Counts by split and role as a head has them: split to role to count, both in name order."""
    found: dict[str, dict[str, int]] = {}
    for (split, role), count in sorted(counts.items()):
        found.setdefault(split, {})[role] = count
    return found
