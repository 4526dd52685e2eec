"""A build from beginning to end: plan, spill what is forward-only, write shards, settle refusals, finish."""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from itertools import groupby
from pathlib import Path

import PIL
import pyarrow as pa
from PIL import features as pillow

from indexer import __version__
from indexer.containers.shapes import Container
from indexer.errors import SourceError
from indexer.parallel import Crew, Died, Workers
from indexer.progress import SILENT, Bar, Progress
from indexer.sharing.contents import digests_of
from indexer.store import Store
from materializer import card, record
from materializer import plan as planning
from materializer.card.facts import Facts, File, gather
from materializer.claim import claimed, clear_unfinished
from materializer.durable import write_json
from materializer.formats import FORMATS
from materializer.passes import Scratch, spill
from materializer.plan import Plan, PlannedShard, work_of
from materializer.preflight import check_room, check_sources
from materializer.settling import Settlement, settle
from materializer.shapes import Outcome, Refusal, Request, RowsTask, Shard, ShardTask, Written
from materializer.shard import build_shard, check_rows, halves


@dataclass(frozen=True, slots=True)
class Summary:
    """What a build came to: rows and bytes written, refused rows, and those for which no spare was left."""

    request: Request
    splits: Mapping[str, int]
    shards: int
    kept: int
    size: int
    refused: int
    missing: int


@dataclass(frozen=True, slots=True)
class Build:
    """A build under way."""

    store: Store
    request: Request
    workers: Workers
    progress: Progress
    plan: Plan
    containers: dict[int, Container]

    @property
    def scratch(self) -> Path:
        """Where this output's spills lie, apart from other builds'."""
        return self.request.scratch / f"spill-{sha256(str(self.request.output.resolve()).encode()).hexdigest()[:16]}"


def build(store: Store, request: Request, workers: Workers, progress: Progress = SILENT) -> Summary:
    """Build a dataset from a selection. Run again after a kill, it goes on; the result is the same to the byte.

    Raises:
        RecipeError: there is no such selection.
        SourceError: a source is missing or has changed since the scan.
        OutputError: the output cannot be written, or is somebody else's.
    """
    plan = planning.make(store, request)
    with claimed(request, plan):
        check_sources(plan.containers.values())
        check_room(request, plan)
        containers = {number: planned.container for number, planned in plan.containers.items()}
        job = Build(store, request, workers, progress, plan, containers)
        job.containers.update(_spilled(job))
        outcomes = dict(_written(job, dict.fromkeys(plan.shards, ())))
        refused = {planned: outcome.refused for planned, outcome in outcomes.items() if outcome.refused}
        by_shard = {planned.shard: refusals for planned, refusals in refused.items()}
        settlement = settle(store, by_shard, lambda rows: _refused_of(job, rows))
        if refused:
            outcomes |= dict(_written(job, refused))
        clear_unfinished(request.output)
        summary = _finished(job, outcomes, settlement)
        shutil.rmtree(job.scratch, ignore_errors=True)
        return summary


def _spilled(job: Build) -> Mapping[int, Container]:
    """Forward-only containers as spill files; none are made when no shard is left to write."""
    kind, output = FORMATS[job.request.settings.format], job.request.output
    scratch = Scratch(job.scratch, job.request.limits)
    if all(record.seems_finished(output, one.shard, kind.path(one.shard), one.key) for one in job.plan.shards):
        return {}
    return spill(job.store, job.plan.containers, scratch, job.workers, job.progress)


def _written(job: Build, shards: Mapping[PlannedShard, tuple[Refusal, ...]]) -> Iterator[tuple[PlannedShard, Outcome]]:
    """Have shards written; each with the rows that were refused in it before."""
    planned_by = {planned.shard: planned for planned in shards}
    tasks = (_task(job, planned, refused) for planned, refused in shards.items())
    rows = sum(planned.places for planned in shards)
    with job.progress.phase("writing", rows, "images") as bar:
        for task, outcome in Crew(build_shard, job.workers, shared=(job.request.output,)).run(tasks):
            planned = planned_by[task.shard]
            result = _after_death(job, task, outcome) if isinstance(outcome, Died) else outcome
            _advance(bar, planned, result)
            yield planned, result


def _task(job: Build, planned: PlannedShard, refused: tuple[Refusal, ...]) -> ShardTask:
    rows = planning.rows_of(job.store, planned.shard)
    work = work_of(rows, job.containers, job.request)
    return ShardTask(planned.shard, job.request.output.absolute(), planned.key, work, refused)


def _after_death(job: Build, task: ShardTask, died: Died) -> Outcome:
    """The rows that ended the worker are refused; if none does by itself, it is no image's fault."""
    found = _refusals(job, halves(task.work) or (task.work,))
    refused = tuple(sorted(found.values(), key=lambda refusal: refusal.place))
    if not refused:
        raise RuntimeError(f"the worker of shard {task.shard.stem} died: {died.reason}")
    return Outcome(None, refused)


def _refused_of(job: Build, rows: pa.Table) -> dict[int, Refusal]:
    """Those of ``rows`` that cannot be used, by place."""
    return _refusals(job, [work_of(rows, job.containers, job.request)])


def _refusals(job: Build, tasks: Sequence[RowsTask]) -> dict[int, Refusal]:
    """Rows that cannot be used, by place, among them any that ends its worker."""
    found: dict[int, Refusal] = {}
    for task, answer in Crew(check_rows, job.workers, halves).run(tasks):
        refusals = _died(task, answer) if isinstance(answer, Died) else answer
        found |= {refusal.place: refusal for refusal in refusals}
    return found


def _died(task: RowsTask, died: Died) -> tuple[Refusal, ...]:
    rows = task.rows.select(["place", "file_id"]).to_pylist()
    return tuple(Refusal(row["place"], row["file_id"], "died", died.reason) for row in rows)


def _advance(bar: Bar, planned: PlannedShard, outcome: Outcome) -> None:
    size = outcome.written.size if outcome.written and not outcome.kept else 0
    bar.advance(planned.places, size=size, errors=len(outcome.refused))


def _finished(job: Build, outcomes: Mapping[PlannedShard, Outcome], settlement: Settlement) -> Summary:
    """Write the records, then the files that make the folder a dataset."""
    output, settings = job.request.output, job.request.settings
    splits = _by_split(job.plan, outcomes)
    record.write_refused(output, _refused_rows(settlement))
    built = _record_of(output, splits)
    card.write(output, _card_facts(job, splits, built))
    for name, value in FORMATS[settings.format].leading_files(settings.feature, splits).items():
        write_json(output / name, value)
    write_json(output / record.BUILD, _described(job, splits, settlement) | {"digests": digests_of(built)})
    all_written = [written for shards in splits.values() for _, written in shards]
    return Summary(
        request=job.request,
        splits={split: sum(written.rows for _, written in shards) for split, shards in splits.items()},
        shards=len(all_written),
        kept=sum(outcome.kept for outcome in outcomes.values()),
        size=sum(written.size for written in all_written),
        refused=len(settlement.settled),
        missing=settlement.missing,
    )


def _record_of(output: Path, splits: Mapping[str, list[tuple[Shard, Written]]]) -> pa.Table:
    """The record of every row that was written."""
    found = (record.read(output, shard) for shards in splits.values() for shard, _ in shards)
    return pa.concat_tables([kept.rows for kept in found if kept] or [record.ROW_SCHEMA.empty_table()])


def _card_facts(job: Build, splits: Mapping[str, list[tuple[Shard, Written]]], built: pa.Table) -> Facts:
    kind = FORMATS[job.request.settings.format]
    files = tuple(
        File(kind.path(shard), written.size, written.sha256) for shards in splits.values() for shard, written in shards
    )
    counts, origins = gather(job.store, built)
    return Facts(job.plan.selection, job.request.settings, counts, origins, files, digests_of(built))


def _by_split(plan: Plan, outcomes: Mapping[PlannedShard, Outcome]) -> dict[str, list[tuple[Shard, Written]]]:
    return {
        split: [(planned.shard, _sure(planned, outcomes[planned])) for planned in shards]
        for split, shards in groupby(plan.shards, key=lambda planned: planned.shard.split)
    }


def _sure(planned: PlannedShard, outcome: Outcome) -> Written:
    if outcome.written is None:
        first = outcome.refused[0]
        raise SourceError(
            f"{first.file_id} could be read at first and then not ({first.reason}, for {planned.shard.stem}):"
            " see whether its disk fails, then run the same command again"
        )
    return outcome.written


def _refused_rows(settlement: Settlement) -> Iterable[dict[str, object]]:
    for row in settlement.settled:
        why = row.refusal
        yield {"split": row.split, "position": row.place, "file_id": why.file_id, "reason": why.reason,
               "detail": why.detail, "substitute": row.substitute}  # fmt: skip
    for split, why in settlement.bad_spares:
        yield {"split": split, "position": None, "file_id": why.file_id, "reason": why.reason, "detail": why.detail,
               "substitute": None}  # fmt: skip


def _described(
    job: Build, splits: Mapping[str, list[tuple[Shard, Written]]], settlement: Settlement
) -> dict[str, object]:
    """What ``build.json`` holds."""
    kind = FORMATS[job.request.settings.format]
    return {
        "selection": job.plan.selection,
        "recipe_hash": job.plan.recipe_hash,
        "seed": job.plan.seed,
        "plan": job.plan.key,
        "settings": asdict(job.request.settings),
        "versions": _versions(),
        "refused": len(settlement.settled),
        "missing": settlement.missing,
        "splits": {
            split: [{"file": kind.path(shard), **asdict(written)} for shard, written in shards]
            for split, shards in splits.items()
        },
    }


def _versions() -> dict[str, str | None]:
    """Of all that has a say in the output's bytes."""
    return {
        "image-manifest": __version__,
        "pyarrow": pa.__version__,
        "pillow": PIL.__version__,
        "zlib": pillow.version("zlib"),
        "libjpeg": pillow.version("jpg"),
    }
