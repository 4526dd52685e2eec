"""A build in parts, without any engine: for array jobs and queues.

Each call writes its share of the shards, chosen by number alone; calls may run at the same time, wherever the output is
seen. Rows that a part refuses are noted beside the shards. The last call settles them all at once, as they have to be,
and makes the folder a dataset.
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
from materializer.dataset.publish import Summary
from materializer.models import Refusal, Request, TaskResult
from materializer.planning import plan as planning
from materializer.planning.plan import BuildPlan, PlannedShard
from materializer.running import build as building
from materializer.running.build import Build
from materializer.running.output_lock import claimed
from materializer.shards import record
from materializer.shards.formats import FORMATS


@dataclass(frozen=True, slots=True)
class BuildPart:
    """``number`` of ``count``, counted from 1."""

    number: int
    count: int

    def of(self, shards: Sequence[PlannedShard]) -> tuple[PlannedShard, ...]:
        """Every ``count``-th shard."""
        return tuple(shards[self.number - 1 :: self.count])


@dataclass(frozen=True, slots=True)
class PartSummary:
    """What a part came to: its shards and their rows, and the refused ones that the last call settles."""

    request: Request
    part: BuildPart
    shards: int
    kept: int
    rows: int
    refused: int


def parse(text: str) -> BuildPart:
    """A part as people write it: ``3/8``.

    Raises:
        ConfigError: it is none.
    """
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise ConfigError(f"--part {text}: write it as 3/8, the third of eight; the first is 1/8")
    return BuildPart(int(found[1]), int(found[2]))


def build_part(
    store: Store, request: Request, part: BuildPart, workers: Workers, progress: Progress = SILENT
) -> PartSummary:
    """Write a part's shards. Run again after a kill, it goes on.

    Raises:
        RecipeError, SourceError, OutputError: as :func:`materializer.running.build.build`.
    """
    plan = planning.make(store, request)
    planning.refuse_unsized(store, request)
    with claimed(request, plan, together=True):
        own = part.of(plan.shards)
        waiting = {planned: _waiting(request, planned) for planned in own}
        outcomes = {planned: TaskResult(None, refused) for planned, refused in waiting.items() if _stand(refused)}
        left = [planned for planned in own if planned not in outcomes]
        job = Build(store, _apart(request, part), workers, progress, plan, plan.opened)
        building.prepare(job, left, with_spares=False)
        for planned, outcome in building.written(job, dict.fromkeys(left, ())):
            outcomes[planned] = outcome
            if outcome.written is None:
                record.write_waiting(request.output, planned.shard, planned.key, outcome.refused)
        shutil.rmtree(job.scratch, ignore_errors=True)
        with suppress(OSError):  # another output's part of that number may be under way
            job.request.scratch.rmdir()
        return _summary(request, part, outcomes.values())


def complete(store: Store, request: Request, workers: Workers, progress: Progress = SILENT) -> Summary:
    """Make the parts a dataset, the same to the byte as one that was built at once.

    Raises:
        OutputError: a part is missing; nothing is touched then.
        RecipeError, SourceError: as :func:`materializer.running.build.build`.
    """
    plan = planning.make(store, request)
    planning.refuse_unsized(store, request)
    outcomes = outcomes_of(request, plan)
    with claimed(request, plan):
        job = Build(store, request, workers, progress, plan, plan.opened)
        building.prepare(job, [planned for planned, outcome in outcomes.items() if outcome.refused])
        return building.complete(job, outcomes)


def outcomes_of(request: Request, plan: BuildPlan) -> dict[PlannedShard, TaskResult]:
    """What the parts' records say became of each shard; their bytes were flushed before, and are not read again."""
    found = {planned: _outcome(request, planned) for planned in plan.shards}
    missing = [planned.shard.stem for planned, outcome in found.items() if outcome is None]
    if missing:
        more = f" and {len(missing) - 1:,} more" if len(missing) > 1 else ""
        raise OutputError(
            f"{request.output} lacks {missing[0]}{more} of {len(found):,} shards: run the parts that are missing"
        )
    return {planned: outcome for planned, outcome in found.items() if outcome is not None}


def _outcome(request: Request, planned: PlannedShard) -> TaskResult | None:
    name = FORMATS[request.settings.format].path(planned.shard)
    found = record.finished(request.output, planned.shard, name, planned.key)
    if found:
        return TaskResult(found.written, found.refused, kept=True)
    refused = _waiting(request, planned)
    return TaskResult(None, refused) if refused else None


def _waiting(request: Request, planned: PlannedShard) -> tuple[Refusal, ...]:
    return record.read_waiting(request.output, planned.shard, planned.key)


def _stand(refused: tuple[Refusal, ...]) -> bool:
    """Whether there are refusals that no other look will change."""
    return bool(refused) and not any(refusal.is_doubtful for refusal in refused)


def _apart(request: Request, part: BuildPart) -> Request:
    """The same build with spills of its own: no part waits for another, or takes away what it reads."""
    return replace(request, scratch=request.scratch / f"part-{part.number}-of-{part.count}")


def _summary(request: Request, part: BuildPart, outcomes: Iterable[TaskResult]) -> PartSummary:
    done = list(outcomes)
    return PartSummary(
        request=request,
        part=part,
        shards=len(done),
        kept=sum(outcome.kept for outcome in done),
        rows=sum(outcome.written.rows for outcome in done if outcome.written),
        refused=sum(len(outcome.refused) for outcome in done),
    )
