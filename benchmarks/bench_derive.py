"""Derive the rows of ArtiFact, the largest source: rows per second, time relative to reading them, peak memory.

Run: ``python -m benchmarks.bench_derive [ROWS]`` (default: 2,500,000; ArtiFact has 2,496,738).
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from indexer.base import resources
from indexer.declarations import load
from indexer.declarations.derive import derive
from indexer.manifest import store
from indexer.manifest.store import Store
from tests.support.raw_rows import RawRows, lines_of

CASE = Path(__file__).parents[1] / "tests" / "cases" / "artifact" / "tree.txt"


def main(rows: int) -> None:
    """Print the measurements on one line."""
    sources = [source for source in load([resources.sources_folder()]) if source.key == "artifact"]
    with tempfile.TemporaryDirectory() as folder, store.open_for_writing(Path(folder) / "manifest.duckdb") as manifest:
        fill(manifest, rows)
        reading = seconds(lambda: manifest.execute("select count(logical_stem) from raw_file"))
        deriving = seconds(lambda: derive(manifest, sources))
        made = manifest.count("attributes")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{rows:,} files and the same number of metadata rows: {made:,} images in {deriving:.1f} s", end=" ")
    print(f"({rows / deriving:,.0f} rows/s, {deriving / reading:.1f} x reading the paths; peak {peak:,.0f} MB)")


def fill(manifest: Store, rows: int) -> None:
    """Insert raw rows that repeat the paths of the golden case; every fifth is real."""
    raw = RawRows()
    raw.add(
        "artifact", [line for line in lines_of(CASE) if line.startswith("artifact-dataset.zip!") and "new_" not in line]
    )
    raw.write(manifest)
    manifest.execute("create temp table pattern as select * from member")
    manifest.execute("delete from member")
    manifest.execute(
        """
        insert into member by name
        select row_number() over () as member_id, container_id, member_id as ordinal, path, size, access,
            regexp_replace(name, '\\d+\\.jpg$', i || '.jpg') as name
        from range($rows) r (i) join pattern on ordinal = i % (select count(*) from pattern)
        """,
        {"rows": rows},
    )
    manifest.execute(
        """
        insert into side_row by name
        select 'artifact' as source, 'metadata' as table_name, container_id, member_id as line,
            'artifact-dataset/' || split_part(name, '/', 1) || '/metadata.csv' as path,
            json_object('image_path', substr(name, position('/' in name) + 1),
                'target', case when member_id % 5 = 0 then '0' else '6' end) as record
        from member
        """
    )


def seconds(work: Callable[[], object]) -> float:
    """Return the duration of ``work`` in seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_500_000)
