"""Measure time and memory of a manifest of many rows: select, build without images, export, import, grade.

    python -m benchmarks.bench_scale [ROWS ...] [--memory 6GB] [--folder DIR] [--from STEP]

Makes rows (10,000,000 by default) in the real tables: zips of ten thousand members of 100 KB, two texts per row. Each
step is one process with its own peak of memory; the parts of a build run in one process, and the peak is reset before
each. --memory is DuckDB's limit. No image exists: `make bench-build` and `make bench-scan` measure reading them.
A --folder is kept, and --from continues in it.
"""

import argparse
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
from joblib.externals.loky import get_reusable_executor

from benchmarks.bench_select import ATTRIBUTES, INSPECTION, RECIPE
from indexer.manifest import store as stores
from indexer.manifest.store import Store
from indexer.selection import by_recipe, recipe
from indexer.sharing.export import export
from indexer.sharing.importing import import_manifest
from indexer.sharing.models import ImportOptions, MissingPolicy
from materializer.dataset.grading import grade as grading_of
from materializer.dataset.publish import WrittenBuild, publish
from materializer.models import Request, Settings, Shard, ShardFile
from materializer.planning import plan as planning
from materializer.planning.plan import BuildPlan
from materializer.planning.shard_rows import rows_of
from materializer.planning.substitution import Substitutions
from materializer.running import parts
from materializer.shards import record
from materializer.shards.formats import output_format

IN_A_ZIP = 10_000
IMAGE_SIZE = 100_000
SHARDS_LOOKED_UP = 20

CONTAINERS = """
insert into container by name
select
    z as container_id, 'bench' as source, 'part-' || z || '.zip' as path, 'zip' as kind,
    [{'path': 'part-' || z || '.zip', 'size': 1_000_000_000::bigint, 'mtime_ns': 0::bigint}] as volumes,
    1_000_000_000 as size, 'f' || z as fingerprint, 'complete' as status, $in_a_zip as listed
from range(($rows + $in_a_zip - 1) // $in_a_zip) t(z)
"""
MEMBERS = """
insert into member by name
select
    i as member_id, i // $in_a_zip as container_id, i % $in_a_zip as ordinal,
    'part-' || i // $in_a_zip || '.zip' as path, 'images/' || i // 997 || '/' || i || '.png' as name,
    100_000 as size, 100_000 as packed_size, 'stored' as method, (i % 4_294_967_291)::uinteger as crc32,
    'zip' as access, i % $in_a_zip * 100_100 as "offset"
from range($rows) t(i)
"""
NO_TEXTS = "'' as description, '' as positive_prompt"
TEXTS = "'a picture of ' || md5(i::varchar) as description, repeat(md5('p' || i), 3) as positive_prompt"
SELECTION = """
insert into selection by name
select
    'all' as name, case when i % 10 = 0 then 'validation' else 'train' end as split, i as position, file_id,
    case when i % 50 = 7 then 'spare' else 'sampled' end as role, generator as stratum
from (select member_id as i, file_id, generator from attributes)
"""


def make(store: Store, folder: Path) -> str:  # noqa: ARG001
    """Fill the tables."""
    rows = int(store.execute("select getvariable('rows')")[0][0])
    store.execute(CONTAINERS, {"rows": rows, "in_a_zip": IN_A_ZIP})
    store.execute(MEMBERS, {"rows": rows, "in_a_zip": IN_A_ZIP})
    store.execute(ATTRIBUTES.replace(NO_TEXTS, TEXTS), {"rows": rows})
    store.execute(INSPECTION.replace("md5((i", "sha256((i"), {"rows": rows})
    store.execute(SELECTION)
    store.execute(
        "insert into selection_run (name, recipe, recipe_hash, seed) values ('all', 'everything', 'none', '7')"
    )
    store.execute("checkpoint")
    return f"{store.path.stat().st_size / 1e9:.2f} GB"


def select(store: Store, _: Path) -> str:
    """Select some rows by a recipe."""
    rows = store.count("attributes")
    chosen = by_recipe.select(store, recipe.parse(RECIPE.replace("5000", str(rows // 400))), "chosen")
    return f"{sum(images for _, _, images in chosen.counts):,} chosen"


def build(store: Store, folder: Path) -> None:
    """Run and measure each part of a build of all rows, without images."""
    request = Request("all", folder / "built", {"bench": folder}, folder / "scratch", Settings())
    with measured("plan") as note:
        found = planning.make(store, request)
        note(f"{len(found.shards):,} shards")
    with measured("look up") as note:
        every = max(1, len(found.shards) // SHARDS_LOOKED_UP)
        sizes = [rows.nbytes for rows in rows_of(store, found.shards[::every])]
        note(f"of {len(sizes)} shards; a task has {max(sizes) / 1e6:.1f} MB at most")
    with measured("prepare") as note:
        write_shards(store, request, found)
        note("sparse shards and their records")
    with measured("resume") as note:
        results = parts.results_of(request, found)
        note(f"{len(results):,} shards are there")
    with measured("finish") as note:
        done = publish(WrittenBuild(store, request, folder / "scratch", found, results, Substitutions((), ())))
        note(f"{sum(done.splits.values()):,} rows counted and digested")


def write_shards(store: Store, request: Request, found: BuildPlan) -> None:
    """Write sparse shards and their records, as the workers of a build would."""
    format_ = output_format(request.settings.format)
    for planned, rows in zip(found.shards, rows_of(store, found.shards), strict=True):
        path = request.output / format_.path(planned.shard)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as hole:
            hole.truncate(planned.size)
        file = ShardFile(planned.rows, planned.size, "0" * 64)
        kept = record.ShardRecord(planned.key, file, (), _record_rows(planned.shard, rows))
        record.write(request.output, planned.shard, kept)


def share(store: Store, folder: Path) -> str:
    """Export all rows."""
    shutil.rmtree(folder / "shared", ignore_errors=True)
    export(store, "all", folder / "shared")
    return f"{sum(file.stat().st_size for file in (folder / 'shared').rglob('*') if file.is_file()) / 1e9:.2f} GB"


def take(store: Store, folder: Path) -> str:
    """Import the export, as another lab with the same sources."""
    imported = import_manifest(store, folder / "shared", "again", ImportOptions(MissingPolicy.FAIL))
    return f"{imported.selected:,} rows found"


def grade(_: Store, folder: Path) -> str:
    """Compare the build's record with the export."""
    grading = grading_of(folder / "built", folder / "shared", 20)
    return f"{grading.counts}"


STEPS: dict[str, Callable[[Store, Path], str | None]] = {
    step.__name__: step for step in (make, select, build, share, take, grade)
}
WRITING = ("make", "select", "take")


def main() -> None:
    """Run each step for each number of rows, in a process of its own."""
    given = _arguments()
    if given.step:
        _run(given)
        return
    for rows in given.rows or [10_000_000]:
        with tempfile.TemporaryDirectory(prefix="bench-scale-") as temporary:
            folder = given.folder or temporary
            print(f"{rows:,} rows", flush=True)
            for step in list(STEPS)[list(STEPS).index(given.first) :]:
                command = [sys.executable, "-m", "benchmarks.bench_scale", str(rows), "--step", step]
                memory = ["--memory", given.memory] if given.memory else []
                subprocess.run([*command, "--folder", folder, *memory], check=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", type=int, nargs="*")
    parser.add_argument("--memory")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--from", dest="first", choices=STEPS, default="make")
    parser.add_argument("--step", choices=STEPS)
    return parser.parse_args()


def _run(given: argparse.Namespace) -> None:
    opened = stores.open_for_writing if given.step in WRITING else stores.open_for_reading
    with opened(given.folder / "manifest.duckdb") as store, measured(given.step) as note:
        store.execute(f"set variable rows = {given.rows[0]}")
        if given.memory:
            store.execute(f"set memory_limit = '{given.memory}'")
        result = STEPS[given.step](store, given.folder)
        get_reusable_executor().shutdown(wait=True)
        if result:
            note(result)


@contextmanager
def measured(what: str) -> Iterator[Callable[[str], None]]:
    """Print time and memory of a step, with the notes that the caller adds; nothing without a note."""
    results: list[str] = []
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak: proc(5)
    wall, busy = time.perf_counter(), _busy()
    yield results.append
    wall, busy = time.perf_counter() - wall, _busy() - busy
    own = int(re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[0])
    peak = max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1e6
    for result in results:
        print(f"  {what:8} {wall:7.1f} s, {busy:7.1f} CPU seconds, peak {peak:5.2f} GB: {result}", flush=True)


def _busy() -> float:
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _record_rows(shard: Shard, rows: pa.Table) -> pa.Table:
    count = rows.num_rows
    columns = [
        [shard.split] * count,
        [shard.index] * count,
        rows["position"],
        rows["file_id"],
        rows["substituted_for"],
        rows["hash"],
        rows["hash"],
        [IMAGE_SIZE] * count,
        ["verbatim"] * count,
        ["jpg"] * count,
    ]
    arrays = [pa.chunked_array([column]) if isinstance(column, list) else column for column in columns]
    return pa.table(arrays, schema=record.ROW_SCHEMA)


if __name__ == "__main__":
    main()
