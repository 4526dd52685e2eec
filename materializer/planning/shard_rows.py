"""The rows of planned shards, and the tasks of workers that read them."""

from collections.abc import Iterable, Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from indexer.containers.models import Container
from indexer.manifest.store import Store
from materializer.models import Request, RowsTask, Settings
from materializer.planning.plan import PlannedShard

# Rows of successive shards that one query returns: a query takes longer than writing a small shard.
_ROWS_AT_ONCE = 10_000


def rows_of(store: Store, shards: Iterable[PlannedShard], *, substituted: bool = False) -> Iterator[pa.Table]:
    """Yield the rows of each shard in output order. The columns ``split`` and ``variant`` are those of the shard.

    ``substituted``: refused rows are replaced by the spares that were chosen so far.
    """
    step = "plan/substituted_rows" if substituted else "plan/shard_rows"
    for run in _runs(shards):
        parameters = {"split": run[0].base.split, "first": run[0].base.index, "last": run[-1].base.index}
        found = store.arrow(step, parameters)
        for planned in run:
            own = found.filter(pc.equal(found["shard"], planned.base.index)).drop_columns(["shard"])
            yield _of_variant(own, planned)


def _runs(shards: Iterable[PlannedShard]) -> Iterator[list[PlannedShard]]:
    """Group successive shards of one split that have up to _ROWS_AT_ONCE rows together."""
    run: list[PlannedShard] = []
    for planned in shards:
        follows = run and run[-1].base.split == planned.base.split and run[-1].base.index + 1 == planned.base.index
        if run and not (follows and sum(one.rows for one in run) + planned.rows <= _ROWS_AT_ONCE):
            yield run
            run = []
        run.append(planned)
    if run:
        yield run


def _of_variant(rows: pa.Table, planned: PlannedShard) -> pa.Table:
    """Return the rows with the split and the variant that the shard holds."""
    if not planned.settings.variants:
        return rows
    [variant] = planned.settings.variants
    split = pa.array([planned.shard.split] * rows.num_rows, pa.string())
    rows = rows.set_column(rows.schema.get_field_index("split"), "split", split)
    return rows.append_column("variant", pa.array([variant] * rows.num_rows, pa.string()))


def task_of(rows: pa.Table, containers: Mapping[int, Container], request: Request, settings: Settings) -> RowsTask:
    """Return rows as a task, with only the containers that they are in."""
    needed = {number for number in rows["container_id"].to_pylist() if number is not None}
    companions = (one for own in rows["companions"].to_pylist() for one in own or ())
    needed |= {one["container_id"] for one in companions}
    own = {number: containers[number] for number in sorted(needed & containers.keys())}
    encodings = {
        name: request.encodings[name]
        for name in (rows["file_id"].to_pylist() if request.encodings else ())
        if name in request.encodings
    }
    return RowsTask(rows, own, settings, request.limits, request.image_limits, encodings)
