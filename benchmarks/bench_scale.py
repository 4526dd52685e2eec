"""What a manifest of many rows costs: planning a build, choosing, exporting, looking what is finished; time and memory.

    python -m benchmarks.bench_scale [ROWS ...] [--memory 4GB]

Rows (10,000,000 by default) are made in the real tables: zips of ten thousand members of 100 KB, two texts a row. Each
step is a process of its own, so its peak is its own; --memory bounds DuckDB in each. No image exists: what reads images
grows with their bytes, which `make bench-build` and `make bench-scan` measure.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from benchmarks.bench_select import ATTRIBUTES, INSPECTION, RECIPE
from indexer import store as stores
from indexer.selection import choosing, recipe
from indexer.sharing.export import export
from indexer.store import Store
from materializer import parts, record
from materializer import plan as planning
from materializer.formats import FORMATS
from materializer.plan import Plan
from materializer.shapes import Request, Settings, Written

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
PROMPTS = """
update attributes
set description = 'a picture of ' || md5(member_id::varchar), positive_prompt = repeat(md5(file_id), 3)
"""
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
    store.execute(ATTRIBUTES, {"rows": rows})
    store.execute(INSPECTION, {"rows": rows})
    store.execute(PROMPTS)
    store.execute(SELECTION)
    store.execute("insert into selection_run values ('all', 'everything', 'none', '7')")
    store.execute("checkpoint")
    return f"{store.path.stat().st_size / 1e9:.2f} GB"


def select(store: Store, _: Path) -> str:
    """Choose some by a recipe: what everyone does first."""
    rows = store.count("attributes")
    chosen = choosing.select(store, recipe.parse(RECIPE.replace("5000", str(rows // 400))), "chosen")
    return f"{sum(images for _, _, images in chosen.counts):,} chosen"


def plan(store: Store, folder: Path) -> str:
    """Plan a build of all rows."""
    return f"{len(_plan(store, folder).shards):,} shards"


def look_up(store: Store, folder: Path) -> str:
    """What the driver does for each shard: look its rows up and pack them as a task."""
    found = _plan(store, folder)
    began, size = time.process_time(), 0
    for planned in found.shards[:: max(1, len(found.shards) // SHARDS_LOOKED_UP)]:
        size = max(size, planning.rows_of(store, planned.shard).nbytes)
    seconds = (time.process_time() - began) / min(SHARDS_LOOKED_UP, len(found.shards))
    every = seconds * len(found.shards)
    return (
        f"{seconds * 1000:.0f} ms of processors a shard, {every:,.0f} s in all; a task has {size / 1e6:.1f} MB at most"
    )


def finish(store: Store, folder: Path) -> str:
    """Not timed by itself: leave shards and records as a finished build would, the shards being holes."""
    settings = _request(folder).settings
    kind = FORMATS[settings.format]
    for planned in _plan(store, folder).shards:
        path = folder / "built" / kind.path(planned.shard)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.truncate(planned.size)
        rows = _record_rows(planned.shard.split, planned.shard.index, planned.places)
        written = Written(planned.places, planned.size, "0" * 64)
        record.write(folder / "built", planned.shard, record.ShardRecord(planned.key, written, (), rows))
    return "records written"


def resume(store: Store, folder: Path) -> str:
    """Find out that all shards are finished, as a build that goes on and the last call of a build in parts do."""
    found, request = _plan(store, folder), _request(folder)
    began = time.process_time()
    finished = parts.outcomes_of(request, found)
    seconds = time.process_time() - began
    return f"{len(finished):,} shards looked at in {seconds:.1f} s of processors, after the plan"


def share(store: Store, folder: Path) -> str:
    """Export all rows as a shared manifest."""
    export(store, "all", folder / "shared")
    return f"{sum(file.stat().st_size for file in (folder / 'shared').rglob('*') if file.is_file()) / 1e9:.2f} GB"


STEPS: dict[str, Callable[[Store, Path], str]] = {
    step.__name__: step for step in (make, select, plan, look_up, finish, resume, share)
}


def main() -> None:
    """Run each step for each number of rows, in a process of its own."""
    given = _arguments()
    if given.step:
        _run(given)
        return
    for rows in given.rows or [10_000_000]:
        with tempfile.TemporaryDirectory(prefix="bench-scale-") as folder:
            print(f"{rows:,} rows", flush=True)
            for name in STEPS:
                command = [
                    sys.executable,
                    "-m",
                    "benchmarks.bench_scale",
                    str(rows),
                    "--step",
                    name,
                    "--folder",
                    folder,
                ]
                subprocess.run([*command, *(["--memory", given.memory] if given.memory else [])], check=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", type=int, nargs="*")
    parser.add_argument("--memory")
    parser.add_argument("--step", choices=STEPS)
    parser.add_argument("--folder", type=Path)
    return parser.parse_args()


def _run(given: argparse.Namespace) -> None:
    opened = stores.open_for_writing if given.step in ("make", "select") else stores.open_for_reading
    began = time.perf_counter()
    with opened(given.folder / "manifest.duckdb") as store:
        store.execute(f"set variable rows = {given.rows[0]}")
        if given.memory:
            store.execute(f"set memory_limit = '{given.memory}'")
        told = STEPS[given.step](store, given.folder)
    wall, used = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    busy, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6
    print(f"  {given.step:8} {wall:7.1f} s, {busy:7.1f} s of processors, peak {peak:5.2f} GB: {told}", flush=True)


def _request(folder: Path) -> Request:
    return Request("all", folder / "built", {"bench": folder}, folder / "scratch", Settings())


def _plan(store: Store, folder: Path) -> Plan:
    return planning.make(store, _request(folder))


def _record_rows(split: str, shard: int, count: int) -> pa.Table:
    numbers = range(count)
    digests = [f"{number:064x}" for number in numbers]
    columns = [[split] * count, [shard] * count, numbers, digests, [None] * count, digests, digests]
    columns += [[IMAGE_SIZE] * count, ["verbatim"] * count]
    return pa.table([pa.array(list(column)) for column in columns], names=record.ROW_SCHEMA.names).cast(
        record.ROW_SCHEMA
    )


if __name__ == "__main__":
    main()
