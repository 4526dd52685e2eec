"""Grade a build by an export, row by row: whether it is the dataset that the export describes."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from indexer.base import resources
from indexer.base.errors import BadData, OutputError
from indexer.base.processes import scratch_folder
from indexer.images import open_shown
from indexer.images.pixels import pixel_hash
from indexer.manifest.scratch import parquet_rows, scratch_database
from indexer.sharing import untrusted
from indexer.sharing.contents import digesting
from materializer.dataset.build_folder import FinishedBuild, read_build
from materializer.shards import record
from materializer.shards.variants import NATIVE

SAME, SAME_PIXELS, OTHER = "identical bytes", "identical pixels", "different"
OTHER_BYTES = "other bytes"  # of sql/verify/graded_rows.sql; the pixels are compared then
GRADES = (SAME, SAME_PIXELS, OTHER, "substituted", "missing", "extra")


@dataclass(frozen=True, slots=True)
class Grading:
    """The number of rows per grade, and the digests per split: of the build and of the manifest.

    ``not_identical`` has the first rows of other grades (split, file_id, grade, substitute), in canonical order. A
    converted image whose source had other bytes is graded different: the build does not hold its original pixels.
    """

    counts: Mapping[str, int]
    not_identical: tuple[tuple[str, str, str, str | None], ...]
    built: Mapping[str, str]
    expected: Mapping[str, str]

    @property
    def is_identical(self) -> bool:
        """Whether all rows have identical bytes, and there are no others."""
        return set(self.counts) <= {SAME} and self.built == self.expected


def grade(output: Path, manifest: Path, shown: int) -> Grading:
    """Grade the build in ``output`` by the export in the folder ``manifest``; return at most ``shown`` rows.

    Variants of the images are not graded.

    Raises:
        OutputError: ``output`` holds no finished build, or its record is damaged.
        ManifestError: ``manifest`` holds no valid manifest.
    """
    build = read_build(output)
    if build.settings.variants and NATIVE not in build.settings.variants:
        raise OutputError(f"{output} was built without the variant '{NATIVE}': it cannot be graded")
    with scratch_folder("grade") as scratch, scratch_database(scratch) as engine:
        clean = scratch / "rows.parquet"
        expected = untrusted.load(manifest, clean).contents
        with digesting(scratch) as contents:
            for shard, _ in build.native_shards:
                contents.add(record.rows_of(output, shard), "source_sha256")
            built = contents.result()
        files = [record.path_of(output, shard) for shard, _ in build.native_shards]
        engine.register("expected", parquet_rows(clean))
        engine.register("built", parquet_rows(files, record.ROW_SCHEMA))
        engine.execute("create table graded as " + resources.sql("verify/graded_rows")).fetchall()
        _compare_pixels(engine, build)
        first = engine.execute(resources.sql("verify/not_identical"), {"shown": shown}).fetchall()
        counts = dict(engine.sql(resources.sql("verify/grade_counts")).fetchall())
        return Grading(counts, tuple(first), built, expected)


def _compare_pixels(engine: duckdb.DuckDBPyConnection, build: FinishedBuild) -> None:
    """Grade the rows with other bytes by their pixels."""
    shards = {(shard.split, shard.index): shard for shard, _ in build.all_shards}
    rows = engine.cursor().execute(resources.sql("verify/pixel_candidates"))
    for (split, number), group in groupby(iter(rows.fetchone, None), key=lambda row: (row[0], row[1])):
        expected = {file_id: pixels for _, _, file_id, pixels in group}
        images = build.format.read(build.path(shards[split, number]))
        same = [
            file_id for file_id, data in images if file_id in expected and _pixel_hash(bytes(data)) == expected[file_id]
        ]
        _regrade(engine, SAME_PIXELS, "split = $split and shard = $shard and list_contains($same, file_id)",
                 {"split": split, "shard": number, "same": same})  # fmt: skip
    _regrade(engine, OTHER, "true", {})


def _regrade(engine: duckdb.DuckDBPyConnection, grade: str, where: str, named: Mapping[str, Any]) -> None:
    text = f"update graded set grade = $grade where grade = $other and {where}"
    engine.execute(text, {"grade": grade, "other": OTHER_BYTES, **named}).fetchall()


def _pixel_hash(data: bytes) -> str | None:
    try:
        return pixel_hash(open_shown(data))
    except BadData:
        return None
