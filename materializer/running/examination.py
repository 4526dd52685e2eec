"""Decode the images of a few large shards by all workers, so that none is idle while one writes its shard.

The facts that are found are used as those of an inspection: whoever writes the shard reads the images again, and does
not decode those whose bytes are the same. Images that are refused here, or that crash a worker, are left to the writer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from indexer.base.progress import Progress
from indexer.base.workers import WorkerCrashed, WorkerPool, Workers
from materializer.models import Check, RowsTask
from materializer.shards.task import FACTS, examine

# Bytes of images: fewer are decoded before further workers have started.
_SMALLEST_WORK = 100_000_000


@dataclass(frozen=True, slots=True)
class Examination:
    """The facts of images, with the columns of ``FACTS``."""

    facts: pa.Table

    def applied(self, rows: pa.Table) -> pa.Table:
        """Return the rows of a shard with the facts of their images, where they are known."""
        found = {row["file_id"]: row for row in self.facts.to_pylist()}
        file_ids = rows["file_id"].to_pylist()
        for name in FACTS.names[1:] if found else ():
            index = rows.schema.get_field_index(name)
            pairs = zip(file_ids, rows[name].to_pylist(), strict=True)
            values = [found[file_id][name] if file_id in found else value for file_id, value in pairs]
            rows = rows.set_column(index, rows.schema.field(index), pa.array(values, rows.schema.field(index).type))
        return rows


NOTHING = Examination(FACTS.empty_table())


def examine_shards(shards: Sequence[RowsTask], workers: Workers, progress: Progress) -> Examination:
    """Decode the images of ``shards`` that no inspection has decoded, unless they are few."""
    parts = list(_parts(shards, workers.jobs))
    if not parts:
        return NOTHING
    tables = []
    with progress.phase("checking", sum(part.rows.num_rows for part in parts), "images") as bar:
        for part, answer in WorkerPool(examine, workers).run(parts):
            if not isinstance(answer, WorkerCrashed):
                tables.append(answer)
            bar.advance(part.rows.num_rows)
    return Examination(pa.concat_tables([FACTS.empty_table(), *tables]))


def is_worthwhile(shards: int, jobs: int) -> bool:
    """Return whether workers would be idle while the others write so many shards."""
    return 0 < shards < 2 * jobs and shards % jobs != 0


def _parts(shards: Sequence[RowsTask], jobs: int) -> Iterator[RowsTask]:
    """Yield the rows to decode in parts of about equal size; none if they are too few."""
    undecoded = [_undecoded(work) for work in shards if work.settings.check in (Check.DECODE, Check.LENIENT)]
    rows = sum(work.rows.num_rows for work in undecoded)
    if sum(pc.sum(work.rows["expected_size"]).as_py() or 0 for work in undecoded) < _SMALLEST_WORK:
        return
    step = max(1, -(-rows // jobs))
    for work in undecoded:
        for start in range(0, work.rows.num_rows, step):
            yield replace(work, rows=work.rows.slice(start, step))


def _undecoded(work: RowsTask) -> RowsTask:
    kept = pc.and_(pc.is_null(work.rows["known_hash"]), pc.is_null(work.rows["refusal"]))
    return replace(work, rows=work.rows.filter(kept))
