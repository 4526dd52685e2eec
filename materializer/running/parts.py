"""Build in parts, for array jobs and queues that know nothing of each other.

Each call writes every n-th shard. Calls may run at the same time on all machines that see the output folder. The rows
that a part refuses are stored next to the shards. The last call replaces them all at once, because the substitutes of a
row depend on all refused rows, and publishes the dataset.
"""

import re
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from indexer.base.errors import ConfigError, OutputError
from indexer.base.progress import SILENT, Progress
from indexer.base.workers import Workers
from indexer.manifest.store import Store
from materializer.dataset.publish import BuildSummary
from materializer.models import Request, ShardResult
from materializer.planning import plan as planning
from materializer.planning.alignment import aligned
from materializer.planning.plan import BuildPlan, PlannedShard
from materializer.running import build as building
from materializer.running.build import Build
from materializer.running.finished import finished
from materializer.running.output_lock import lock_output
from materializer.shards import refusals


@dataclass(frozen=True, slots=True)
class BuildPart:
    """Part ``number`` of ``count``, counted from 1."""

    number: int
    count: int

    def of(self, shards: Sequence[PlannedShard]) -> tuple[PlannedShard, ...]:
        """Return every ``count``-th shard."""
        return tuple(shards[self.number - 1 :: self.count])


@dataclass(frozen=True, slots=True)
class PartSummary:
    """The result of a part: its shards and their rows, and the refused rows, which the last call replaces."""

    request: Request
    part: BuildPart
    shards: int
    kept: int
    rows: int
    refused: int


def parse(text: str) -> BuildPart:
    """Parse a part such as ``3/8``.

    Raises:
        ConfigError: the text is not a part.
    """
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise ConfigError(f"--part {text}: write it as 3/8, the third of eight; the first is 1/8")
    return BuildPart(int(found[1]), int(found[2]))


def build_part(
    store: Store, request: Request, part: BuildPart, workers: Workers, progress: Progress = SILENT
) -> PartSummary:
    """Write the shards of a part. Run again after a kill, it continues.

    Raises:
        RecipeError, ConfigError, SourceError, OutputError: as :func:`materializer.running.build.build`.
    """
    request = aligned(store, request)
    plan = planning.make(store, request)
    planning.require_known_sizes(store, request)
    with lock_output(request, plan, shared=True):
        own = part.of(plan.shards)
        results = {}
        for planned in own:
            refused = refusals.read(request.output, planned.shard, planned.key)
            if refused and not any(refusal.is_retryable for refusal in refused):
                results[planned] = ShardResult(None, refused)
        remaining = [planned for planned in own if planned not in results]
        # Each part has its own spill files: no part waits for another or removes the files that it reads.
        own_request = replace(request, scratch=request.scratch / f"part-{part.number}-of-{part.count}")
        job = Build(store, own_request, workers, progress, plan, plan.containers)
        building.prepare(job, remaining, with_spares=False)
        for planned, result in building.write_shards(job, dict.fromkeys(remaining, ())):
            results[planned] = result
            if result.file is None:
                refusals.write(request.output, planned.shard, planned.key, result.refused)
        shutil.rmtree(job.scratch, ignore_errors=True)
        with suppress(OSError):  # the same part of another output may be running
            own_request.scratch.rmdir()
        return _summary(request, part, results.values())


def complete(store: Store, request: Request, workers: Workers, progress: Progress = SILENT) -> BuildSummary:
    """Complete a dataset that was built in parts; it has the same bytes as one that was built at once.

    Raises:
        OutputError: a part is missing; nothing is written then.
        RecipeError, ConfigError, SourceError: as :func:`materializer.running.build.build`.
    """
    request = aligned(store, request)
    plan = planning.make(store, request)
    planning.require_known_sizes(store, request)
    results = results_of(request, plan)
    with lock_output(request, plan):
        job = Build(store, request, workers, progress, plan, plan.containers)
        building.prepare(job, [planned for planned, result in results.items() if result.refused])
        return building.complete(job, results)


def results_of(request: Request, plan: BuildPlan) -> dict[PlannedShard, ShardResult]:
    """Return the result of each shard from its record. The shards are not read: they were flushed before the record.

    Raises:
        OutputError: a shard has neither been written nor refused.
    """
    found = {planned: _result(request, planned) for planned in plan.shards}
    missing = [planned.shard.stem for planned, result in found.items() if result is None]
    if missing:
        more = f" and {len(missing) - 1:,} more" if len(missing) > 1 else ""
        raise OutputError(
            f"{request.output} lacks {missing[0]}{more} of {len(found):,} shards: run the parts that are missing"
        )
    return {planned: result for planned, result in found.items() if result is not None}


def _result(request: Request, planned: PlannedShard) -> ShardResult | None:
    found = finished(request.output, planned)
    if found:
        return ShardResult(found.file, found.refused, kept=True)
    refused = refusals.read(request.output, planned.shard, planned.key)
    return ShardResult(None, refused) if refused else None


def _summary(request: Request, part: BuildPart, results: Iterable[ShardResult]) -> PartSummary:
    done = list(results)
    return PartSummary(
        request=request,
        part=part,
        shards=len(done),
        kept=sum(result.kept for result in done),
        rows=sum(result.file.rows for result in done if result.file),
        refused=sum(len(result.refused) for result in done),
    )
