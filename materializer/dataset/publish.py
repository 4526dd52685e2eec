"""The end of a build: the record of what was refused, the card, the files that make the folder a dataset."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

import PIL
import pyarrow as pa
from PIL import features as pillow

from indexer import __version__
from indexer.base.durable import clear_unfinished, write_json
from indexer.base.errors import SourceError
from indexer.manifest.store import Store
from indexer.sharing.contents import digesting
from materializer.dataset import card
from materializer.dataset.card.facts import CardCount, CardFacts, CardFile, CardOrigin, Counting
from materializer.models import Request, Shard, TaskResult, Written
from materializer.planning.plan import BuildPlan, PlannedShard
from materializer.planning.substitution import Settlement
from materializer.shards import record
from materializer.shards.formats import FORMATS

Outcomes = Mapping[PlannedShard, TaskResult]
Splits = dict[str, list[tuple[Shard, Written]]]


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
class Built:
    """A build whose shards are all written; ``scratch`` is its own."""

    store: Store
    request: Request
    scratch: Path
    plan: BuildPlan
    outcomes: Outcomes
    settlement: Settlement


def finish(job: Built) -> Summary:
    """Write the records, then the files that make the folder a dataset.

    Raises:
        SourceError: rows of a shard could be read at first and then not.
        OutputError: the folder cannot be written.
    """
    output, settings = job.request.output, job.request.settings
    splits = _by_split(job.plan, job.outcomes)
    clear_unfinished(output)
    record.clear_waiting(output)
    record.write_refused(output, _refused_rows(job.settlement))
    facts = _card_facts(job, splits)
    card.write(output, facts)
    for name, value in FORMATS[settings.format].leading_files(settings.feature, splits).items():
        write_json(output / name, value)
    write_json(output / record.BUILD, _described(job, splits) | {"digests": facts.digests})
    return _summary(job, splits)


def _summary(job: Built, splits: Splits) -> Summary:
    all_written = [written for shards in splits.values() for _, written in shards]
    return Summary(
        request=job.request,
        splits={split: sum(written.rows for _, written in shards) for split, shards in splits.items()},
        shards=len(all_written),
        kept=sum(outcome.kept for outcome in job.outcomes.values()),
        size=sum(written.size for written in all_written),
        refused=len(job.settlement.settled),
        missing=job.settlement.missing,
    )


def _card_facts(job: Built, splits: Splits) -> CardFacts:
    (counts, origins), digests = _counted(job, splits)
    kind = FORMATS[job.request.settings.format]
    files = tuple(
        CardFile(kind.path(shard), written.size, written.sha256)
        for shards in splits.values()
        for shard, written in shards
    )
    return CardFacts(job.plan.selection, job.request.settings, counts, origins, files, digests)


def _counted(job: Built, splits: Splits) -> tuple[tuple[tuple[CardCount, ...], tuple[CardOrigin, ...]], dict[str, str]]:
    """What the card tells of the rows: counted and digested a shard at a time."""
    counts = Counting(job.store)
    job.scratch.mkdir(parents=True, exist_ok=True)
    with digesting(job.scratch) as contents:
        for shard in (shard for shards in splits.values() for shard, _ in shards):
            rows = record.rows_of(job.request.output, shard)
            counts.add(rows)
            contents.add(rows, "source_sha256")
        return counts.result(), contents.result()


def _by_split(plan: BuildPlan, outcomes: Outcomes) -> Splits:
    return {
        split: [(planned.shard, _sure(planned, outcomes[planned])) for planned in shards]
        for split, shards in groupby(plan.shards, key=lambda planned: planned.shard.split)
    }


def _sure(planned: PlannedShard, outcome: TaskResult) -> Written:
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


def _described(job: Built, splits: Splits) -> dict[str, object]:
    """What ``build.json`` holds."""
    kind = FORMATS[job.request.settings.format]
    return {
        "selection": job.plan.selection,
        "recipe_hash": job.plan.recipe_hash,
        "seed": job.plan.seed,
        "plan": job.plan.key,
        "settings": asdict(job.request.settings),
        "versions": _versions(),
        "refused": len(job.settlement.settled),
        "missing": job.settlement.missing,
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
