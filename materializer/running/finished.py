"""Find the shards of a plan that an earlier run has finished. Key and file size are compared; no shard is read."""

from pathlib import Path

from materializer.planning.plan import PlannedShard
from materializer.shards import record
from materializer.shards.formats import output_format
from materializer.shards.record import ShardRecord


def finished(output: Path, planned: PlannedShard) -> ShardRecord | None:
    """Return the record, without rows, of a shard that is finished; None if it has to be written."""
    found = record.read_without_rows(output, planned.shard)
    path = output / output_format(planned.settings.format).path(planned.shard)
    return found if found and found.key == planned.key and found.file.has_size_of(path) else None


def is_finished(output: Path, planned: PlannedShard) -> bool:
    """Return whether a shard is finished, and none of its refusals is retryable."""
    found = finished(output, planned)
    return found is not None and not any(refusal.is_retryable for refusal in found.refused)
