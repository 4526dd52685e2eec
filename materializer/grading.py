"""A build against the manifest that it should be, row by row: is this the paper's dataset?"""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from indexer import resources
from indexer.errors import BadData
from indexer.images.decoding import decode
from indexer.images.pixels import pixel_hash
from indexer.sharing import foreign
from indexer.sharing.contents import digests_of
from materializer import record
from materializer.formats import FORMATS
from materializer.pixels import VERBATIM
from materializer.shapes import Format
from materializer.verify import read_build, shards_of

SAME, SAME_PIXELS, OTHER = "identical bytes", "identical pixels", "different"
OTHER_BYTES = "other bytes"  # sql/verify/graded.sql says so of what has to be looked at
GRADES = (SAME, SAME_PIXELS, OTHER, "substituted", "missing", "extra")


@dataclass(frozen=True, slots=True)
class Grading:
    """``rows`` (split, file_id, grade, substitute) in canonical order; digests by split, of the build and as expected.

    An image that was converted, and whose source had other bytes, is graded different: its pixels as they came are
    not in the build.
    """

    rows: pa.Table
    counts: Mapping[str, int]
    built: Mapping[str, str]
    expected: Mapping[str, str]

    @property
    def is_identical(self) -> bool:
        """Whether every row has the bytes that it should have, and there are no others."""
        return set(self.counts) <= {SAME} and self.built == self.expected


def grade(output: Path, manifest: Path) -> Grading:
    """Grade the build in ``output`` by the shared manifest in the folder ``manifest``.

    Raises:
        OutputError: ``output`` holds no finished build.
        ManifestError: ``manifest`` holds no sound manifest.
    """
    description = read_build(output)
    built = pq.read_table(output / record.ROWS, schema=record.ROW_SCHEMA)
    with tempfile.TemporaryDirectory(prefix="grade-") as scratch:
        foreign.load(manifest, Path(scratch) / "rows.parquet")
        shared = pq.read_table(Path(scratch) / "rows.parquet")
    expected = shared.filter(pc.not_equal(shared["role"], "spare"))
    graded = _with_pixels(_graded(built, expected), output, description)
    counts = {entry["values"]: entry["counts"] for entry in pc.value_counts(graded["grade"]).to_pylist()}
    return Grading(graded, counts, digests_of(built), digests_of(expected, "hash"))


def _graded(built: pa.Table, expected: pa.Table) -> pa.Table:
    with duckdb.connect() as engine:
        engine.register("built", built)
        engine.register("expected", expected)
        return engine.sql(resources.sql("verify/graded")).to_arrow_table()


def _with_pixels(graded: pa.Table, output: Path, description: Mapping[str, Any]) -> pa.Table:
    """Look at the pixels of verbatim images whose bytes differ; the grade of all others stands."""
    differs = pc.equal(graded["grade"], OTHER_BYTES)
    asked = {row["file_id"]: row["pixel_hash"] for row in graded.filter(differs).to_pylist()}
    same = {file_id for file_id, data in _images(output, description, asked) if _pixels(data) == asked[file_id]}
    is_same = pc.and_(pc.is_in(graded["file_id"], pa.array(same, pa.string())), pc.equal(graded["transform"], VERBATIM))
    grades = pc.if_else(differs, pc.if_else(pc.fill_null(is_same, False), SAME_PIXELS, OTHER), graded["grade"])
    at = graded.schema.get_field_index("grade")
    return graded.set_column(at, "grade", grades).select(["split", "file_id", "grade", "substitute"])


def _images(
    output: Path, description: Mapping[str, Any], asked: Mapping[str, str | None]
) -> Iterator[tuple[str, bytes]]:
    kind = FORMATS[Format(description["settings"]["format"])]
    shards = [shard for split in shards_of(description).values() for shard, _ in split] if asked else []
    for shard in shards:
        for file_id, data in kind.read(output / kind.path(shard)):
            if asked.get(file_id):
                yield file_id, bytes(data)


def _pixels(data: bytes) -> str | None:
    try:
        return pixel_hash(data, decode(data))
    except BadData:
        return None
