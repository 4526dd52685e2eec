"""Files, columns and header of an export, and options of its import. A new column needs a new ``FORMAT_VERSION``."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pyarrow as pa

FORMAT = "image-manifest"
FORMAT_VERSION = 1

ROWS_FILE = "files.parquet"
HEAD_FILE = "manifest.json"
MAX_ROWS = 50_000_000  # of an export that is read, by default
CHECK_LENGTH = 16  # hex digits of the digest of a row that are stored in it, so that a changed row can be named

# The columns of sql/share/rows.sql, in the same order. In files.parquet, row_check follows.
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
FILE_SCHEMA = ROW_SCHEMA.append(pa.field("row_check", pa.string(), nullable=False))


@dataclass(frozen=True, slots=True)
class ExportHeader:
    """The content of ``manifest.json``: recipe, counts and digests (sha256, hex) of the rows.

    ``rows`` maps split to role to count. ``digests`` cover all columns of all rows, spares included. ``contents``
    cover file_ids and images without spares, as a build reports them. Both have one key per split, and ``all``.
    ``sources`` maps the key of a source to its name, licence, citation and homepage,
    and to the ``files`` whose revision or hash upstream the downloader recorded. ``algorithm`` is the version of the
    steps that selected; empty in exports of earlier versions. ``pairs`` is the digest of the pairs of a matched
    selection (:mod:`indexer.sharing.pairs`); empty if there are none.
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
    algorithm: str = ""
    pairs: str = ""


def nested(counts: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    """Return counts by split and role as a header has them: split to role to count, both in name order."""
    found: dict[str, dict[str, int]] = {}
    for (split, role), count in sorted(counts.items()):
        found.setdefault(split, {})[role] = count
    return found


class MissingPolicy(StrEnum):
    """Treatment of rows that the manifest lacks or has differently."""

    FAIL = "fail"
    SKIP = "skip"
    SUBSTITUTE = "substitute"


class Match(StrEnum):
    """What an image must share with a row of the export, beside the file_id or instead of it."""

    BYTES = "bytes"
    PIXELS = "pixels"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """``missing``: treatment of rows that are not found. ``match``: what makes an image the same.

    ``force`` replaces a selection of the same name that differs from the export. An export of more than ``max_rows``
    rows is refused.
    """

    missing: MissingPolicy = MissingPolicy.FAIL
    match: Match = Match.BYTES
    force: bool = False
    max_rows: int = MAX_ROWS
