"""Measure selection: 10 million rows, 60 generators in 20 origins; and near duplicates of a million hashes.

    python -m benchmarks.bench_select [ROWS [HASHES]]

The rows are inserted in the real tables, with inspections, so that only SQL is timed.
"""

import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from indexer.manifest import store as stores
from indexer.manifest.store import Store
from indexer.selection import by_recipe, recipe
from indexer.selection.near_looks import add_near
from indexer.selection.working_tables import working_tables

RECIPE = """
seed = 1234
per_generator = 5000
[split]
train = 0.8
validation = 0.2
[images]
min_side = 200
"""

# 1 in 5 images is real; 1 in 3 fakes is paired with a real image; 1 in 100 is too small; 1 in 50 is a duplicate.
ATTRIBUTES = """
insert into attributes by name
select
    i as member_id,
    'bench' as source,
    'Origin ' || i % 20 || '/folder' || i % 997 || '/image' || i as file_id,
    'Origin ' || i % 20 as origin,
    case when i % 5 = 0 then '' else 'Generator ' || i // 20 % 60 end as generator,
    case when i % 5 = 0 then 0 else 1 end as label,
    '' as description, '' as positive_prompt, '' as negative_prompt, '' as conditioning,
    case when i % 3 = 0 and i % 5 <> 0
        then ['Origin ' || i // 30 * 5 % 20 || '/folder' || i // 30 * 5 % 997 || '/image' || i // 30 * 5] else [] end
        as paired_real_images,
    'ok' as status
from range($rows) t(i)
"""
# Sizes of 50 to 250 kB, without checksums.
MEMBER = """
insert into member by name
select
    i as member_id, 1 as container_id, i as ordinal, 'image' || i as path, 'file' as access,
    50000 + ('0x' || substr(md5((i - case when i % 50 = 1 then 40 else 0 end)::varchar), 1, 8))::bigint % 200000 as size
from range($rows) t(i)
"""
INSPECTION = """
insert into inspection by name
select
    i as member_id,
    md5((i - case when i % 50 = 1 then 40 else 0 end)::varchar) as hash,
    100000 as byte_size,
    case when i % 100 = 0 then 100 else 512 end as width, 512 as height, 'PNG' as format, 'RGB' as mode,
    ('0x' || substr(md5('p' || i), 1, 16))::ubigint as phash, 'ok' as status
from range($rows) t(i)
"""


@contextmanager
def timed(name: str, target: float) -> Iterator[None]:
    """Print the duration of the block and its target."""
    start, cpu = time.perf_counter(), time.process_time()
    yield
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{name}: {seconds:.1f} s (target {target:.0f} s), {cpu:.1f} CPU seconds, peak memory {peak:.1f} GB",
        flush=True,
    )


def main() -> None:
    """Insert the rows, select from them, find near duplicates."""
    rows, hashes = (int(text) for text in [*sys.argv[1:], "10000000", "1000000"][:2])
    folder = Path(tempfile.mkdtemp(prefix="bench-select-"))
    try:
        with stores.open_for_writing(folder / "manifest.duckdb") as store:
            _limit(store)
            with timed(f"insert {rows:,} rows", 60):
                store.execute(ATTRIBUTES, {"rows": rows})
                store.execute(MEMBER, {"rows": rows})
                store.execute(INSPECTION, {"rows": rows})
                store.execute("checkpoint")
            with timed("select: quotas, duplicates, split, real images", 30):
                selected = by_recipe.select(store, recipe.parse(RECIPE.replace("5000", str(rows // 2_000))), "bench")
            print(selected.counts, selected.excluded, selected.uneven[:3])
            with timed(f"near duplicates among {hashes:,} hashes, radius 4", 300):
                print(f"{_near(store, hashes):,} pairs")
    finally:
        shutil.rmtree(folder)


def _limit(store: Store) -> None:
    store.execute("set threads = 2")
    store.execute("set memory_limit = '3500MB'")


def _near(store: Store, hashes: int) -> int:
    """Return the pairs among ``hashes``: half are random, half differ in 0 to 8 bits from one of those."""
    with working_tables(store):
        store.save_query(
            "work.phash",
            f"""
            with random as (
                select i, ('0x' || substr(md5('r' || i // 2), 1, 16))::ubigint as base, md5('f' || i) as flips
                from range({hashes}) t(i)
            )
            select distinct true as is_new,
                look(case when i % 2 = 0 then base else xor(base, list_reduce(list_transform(
                range(i % 9), lambda n: 1::ubigint << (('0x' || substr(flips, 1 + 2 * n::int, 2))::int % 64)),
                lambda a, b: a | b, 0::ubigint)) end, null) as phash
            from random
            """,
        )
        add_near(store, 4)
        return store.count("work.near")


if __name__ == "__main__":
    main()
