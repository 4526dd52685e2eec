"""A build against the manifest that it should be, row by row: is this the paper's dataset?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
from pyarrow.dataset import dataset

from indexer.base import resources
from indexer.base.errors import BadData
from indexer.images.decoding import decode
from indexer.images.pixels import pixel_hash
from indexer.manifest.store import scratch_database
from indexer.sharing import untrusted
from indexer.sharing.contents import digesting
from materializer.dataset.verify import read_build, shards_of
from materializer.models import Format, Shard
from materializer.shards import record
from materializer.shards.formats import FORMATS

SAME, SAME_PIXELS, OTHER = "identical bytes", "identical pixels", "different"
OTHER_BYTES = "other bytes"  # sql/verify/graded.sql says so of what has to be looked at
GRADES = (SAME, SAME_PIXELS, OTHER, "substituted", "missing", "extra")


@dataclass(frozen=True, slots=True)
class Grading:
    """Rows by grade; of those that are not as they should be the first ones, in canonical order; digests by split.

    ``worse`` has (split, file_id, grade, substitute). An image that was converted, and whose source had other bytes, is
    graded different: its pixels as they came are not in the build.
    """

    counts: Mapping[str, int]
    worse: tuple[tuple[str, str, str, str | None], ...]
    built: Mapping[str, str]
    expected: Mapping[str, str]

    @property
    def is_identical(self) -> bool:
        """Whether every row has the bytes that it should have, and there are no others."""
        return set(self.counts) <= {SAME} and self.built == self.expected


def grade(output: Path, manifest: Path, shown: int) -> Grading:
    """Grade the build in ``output`` by the shared manifest in the folder ``manifest``; tell ``shown`` rows at most.

    Raises:
        OutputError: ``output`` holds no finished build, or its record is damaged.
        ManifestError: ``manifest`` holds no sound manifest.
    """
    description = read_build(output)
    shards = [shard for split in shards_of(description).values() for shard, _ in split]
    with TemporaryDirectory(prefix="grade-") as scratch, scratch_database(Path(scratch)) as engine:
        clean = Path(scratch) / "rows.parquet"
        expected = untrusted.load(manifest, clean).contents
        built = _digests(output, shards, Path(scratch))
        engine.register("expected", dataset(clean))
        engine.register("built", dataset([record.path_of(output, one) for one in shards], record.ROW_SCHEMA))
        engine.execute("create table graded as " + resources.sql("verify/graded")).fetchall()
        _look_at_pixels(engine, output, description)
        worse = engine.execute(resources.sql("verify/worse"), {"shown": shown}).fetchall()
        return Grading(dict(engine.sql(resources.sql("verify/grades")).fetchall()), tuple(worse), built, expected)


def _digests(output: Path, shards: Sequence[Shard], scratch: Path) -> dict[str, str]:
    with digesting(scratch) as contents:
        for shard in shards:
            contents.add(record.rows_of(output, shard), "source_sha256")
        return contents.result()


def _look_at_pixels(engine: duckdb.DuckDBPyConnection, output: Path, description: Mapping[str, Any]) -> None:
    """Grade the rows whose bytes differ by their pixels."""
    kind = FORMATS[Format(description["settings"]["format"])]
    named = {(shard.split, shard.index): shard for split in shards_of(description).values() for shard, _ in split}
    for place, asked in _unlike(engine):
        images = kind.read(output / kind.path(named[place]))
        same = [file_id for file_id, data in images if file_id in asked and _pixels(bytes(data)) == asked[file_id]]
        _regrade(engine, SAME_PIXELS, "split = $split and shard = $shard and list_contains($same, file_id)",
                 dict(zip(("split", "shard"), place, strict=True)) | {"same": same})  # fmt: skip
    _regrade(engine, OTHER, "true", {})


def _unlike(engine: duckdb.DuckDBPyConnection) -> Iterator[tuple[tuple[str, int], dict[str, str]]]:
    """Each shard that has such rows: their file_ids, and the pixel hash that each should have."""
    rows = engine.cursor().execute(resources.sql("verify/unlike"))
    found = iter(rows.fetchone, None)
    for place, group in groupby(found, key=lambda row: (row[0], row[1])):
        yield place, {file_id: pixels for _, _, file_id, pixels in group}


def _regrade(engine: duckdb.DuckDBPyConnection, grade: str, where: str, named: Mapping[str, Any]) -> None:
    text = f"update graded set grade = $grade where grade = $other and {where}"
    engine.execute(text, {"grade": grade, "other": OTHER_BYTES, **named}).fetchall()


def _pixels(data: bytes) -> str | None:
    try:
        return pixel_hash(data, decode(data))
    except BadData:
        return None
