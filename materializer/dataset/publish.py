"""Write the files that make a folder of shards a dataset: refused rows, card, leading files, ``build.json`` last."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import PIL
import pyarrow as pa
from PIL import features as pillow

from indexer.base.durable import clear_unfinished, write_json, writing
from indexer.base.errors import SourceError
from indexer.base.version import __version__
from indexer.images.png_encoding import ENCODER
from indexer.manifest.store import Store
from indexer.sharing.contents import digesting
from materializer.dataset import card
from materializer.dataset.build_folder import described_shards
from materializer.dataset.card.facts import CardCounter, CardFacts, files_of, read_balance, read_upstream
from materializer.models import Request, Settings, ShardFile, ShardResult
from materializer.planning.plan import BuildPlan, PlannedShard
from materializer.planning.substitution import Substitutions
from materializer.shards import record
from materializer.shards.formats import output_format
from materializer.shards.formats.output_format import ShardFiles


@dataclass(frozen=True, slots=True)
class BuildSummary:
    """The result of a build: rows per split, bytes, refused rows, and those without a substitute.

    ``is_matched``: real images of the selection were matched with its fakes.
    """

    request: Request = field(repr=False)
    splits: Mapping[str, int]
    shards: int
    kept: int
    size: int
    refused: int
    missing: int
    is_matched: bool = False

    @property
    def loss(self) -> str:
        """A consequence of missing rows; empty if there is none."""
        if not (self.missing and self.is_matched):
            return ""
        return "; the selection was matched, so its fake and real images are no longer balanced"


@dataclass(frozen=True, slots=True)
class WrittenBuild:
    """A build whose shards are all written; ``scratch`` is its own folder."""

    store: Store
    request: Request
    scratch: Path
    plan: BuildPlan
    results: Mapping[PlannedShard, ShardResult]
    substitutions: Substitutions


def publish(build: WrittenBuild) -> BuildSummary:
    """Write the records, then the files that make the folder a dataset.

    Raises:
        SourceError: rows of a shard could be read at first and later not.
        OutputError: the folder cannot be written.
    """
    output, settings = build.request.output, build.request.settings
    format_ = output_format(settings.format)
    shards = {
        split: [(one.shard, _file(one, build.results[one])) for one in planned]
        for split, planned in groupby(build.plan.shards, key=lambda one: one.shard.split)
    }
    clear_unfinished(output)
    record.write_refused(output, _refused_rows(build.substitutions))
    facts = _card_facts(build, shards)
    card_files = card.write(output, facts)
    for file in [*format_.stray_files(output, shards)]:
        file.unlink()
    for name, content in format_.leading_files(output, settings, shards):
        with writing(output / name) as leading:
            for piece in content:
                leading.write(piece)
    description = {
        "selection": build.plan.selection,
        "recipe_hash": build.plan.recipe_hash,
        "seed": build.plan.seed,
        "plan": build.plan.key,
        "settings": settings.described(),
        "versions": _versions(settings),
        "refused": len(build.substitutions.rows),
        "missing": build.substitutions.missing,
        "splits": described_shards(format_, shards),
        "digests": facts.digests,
        "card": card_files,
    }
    write_json(output / record.BUILD, description)
    return _summary(build, shards, facts)


def _file(planned: PlannedShard, result: ShardResult) -> ShardFile:
    if result.file is None:
        first = result.refused[0]
        raise SourceError(
            f"{first.file_id} could be read at first and later not ({first.reason}, for {planned.shard.stem}):"
            " check its disk, then run the same command again"
        )
    return result.file


def _summary(build: WrittenBuild, shards: ShardFiles, facts: CardFacts) -> BuildSummary:
    files = [file for own in shards.values() for _, file in own]
    holds_images = output_format(build.request.settings.format).holds_images
    loose = 0 if holds_images else sum(count.bytes for count in facts.counts)
    return BuildSummary(
        request=build.request,
        splits={split: sum(file.rows for _, file in own) for split, own in shards.items()},
        shards=len(files),
        kept=sum(result.kept for result in build.results.values()),
        size=loose + sum(file.size for file in files),
        refused=len(build.substitutions.rows),
        missing=build.substitutions.missing,
        is_matched=bool(facts.balance),
    )


def _card_facts(build: WrittenBuild, shards: ShardFiles) -> CardFacts:
    """Count and digest the records of all rows, one shard at a time."""
    counter = CardCounter(build.store)
    build.scratch.mkdir(parents=True, exist_ok=True)
    settings = build.request.settings
    with digesting(build.scratch) as contents:
        for planned in build.plan.shards:
            rows = record.rows_of(build.request.output, planned.shard)
            counter.add(rows)
            if planned.settings.variants[:1] == settings.variants[:1]:  # variants are of the same source images
                contents.add(rows, "source_sha256")
        counts, origins = counter.result()
        listed = files_of(output_format(settings.format), shards)
        balance = read_balance(build.store, build.plan.selection)
        digests, suffixes = contents.result(), counter.suffixes()
        upstream = read_upstream(build.store)
        return CardFacts(build.plan.selection, settings, counts, origins, listed, digests, suffixes, balance, upstream)


def _refused_rows(substitutions: Substitutions) -> Iterator[dict[str, object]]:
    for row in substitutions.rows:
        why = row.refusal
        yield {"split": row.split, "position": why.position, "file_id": why.file_id, "reason": why.reason,
               "detail": why.detail, "substitute": row.substitute}  # fmt: skip
    for split, why in substitutions.refused_spares:
        yield {"split": split, "position": None, "file_id": why.file_id, "reason": why.reason, "detail": why.detail,
               "substitute": None}  # fmt: skip


def _versions(settings: Settings) -> dict[str, str | None]:
    """Return the versions of all that decides the output's bytes."""
    webp = {"libwebp": pillow.version("webp")} if any("webp" in name for name in settings.variants) else {}
    return webp | {
        "image-manifest": __version__,
        "pyarrow": pa.__version__,
        "pillow": PIL.__version__,
        "png": ENCODER,
        "libjpeg": pillow.version("jpg"),
    }
