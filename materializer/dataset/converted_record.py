"""Write record and card of a build whose shards were converted, as a build with the other feature would have."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from indexer.base.durable import write_bytes, write_json
from indexer.base.errors import OutputError, SourceError
from indexer.base.untrusted_json import JsonObject, read_json
from materializer.dataset import card
from materializer.dataset.build_folder import (
    UNREADABLE,
    FinishedBuild,
    checked_plan,
    described_shards,
    is_build,
    read_build,
)
from materializer.dataset.card.facts import (
    CardBalance,
    CardCount,
    CardFacts,
    CardOrigin,
    CardUpstream,
    files_of,
    rows_in,
)
from materializer.models import Feature, Shard, ShardFile
from materializer.planning.plan import key_of, key_of_all
from materializer.shards import record
from materializer.shards.variants import variant_in


@dataclass(frozen=True, slots=True)
class BuildRecord:
    """The record of a build, without its rows. ``contents`` are the hashes of the shards' contents.

    ``facts`` are those of its card, without the shards as files.
    """

    build: FinishedBuild
    plan: Mapping[str, Any]
    contents: Mapping[Shard, str]
    facts: CardFacts


def read(folder: Path, files: Collection[Path]) -> BuildRecord | None:
    """Read the record of the build in ``folder``, whose shards are ``files``; None if it holds no build.

    Raises:
        SourceError: a part of the record is missing, damaged, or of other shards.
    """
    if not is_build(folder):
        return None
    try:
        build = read_build(folder)
        plan = checked_plan(folder)
        paths = {shard: build.format.path(shard) for shard, _ in build.all_shards}
        if others := {Path(path) for path in paths.values()}.symmetric_difference(files):
            raise ValueError(f"{record.BUILD} and the dataset do not name the same shards: {min(others)}")
        for shard in paths:
            if record.read_without_rows(folder, shard) is None:
                raise ValueError(f"the record of {shard.stem} is missing or damaged")
        contents = {shard: plan.object("shards").text(path) for shard, path in paths.items()}
        if "all" not in build.description["digests"] or not (folder / record.REFUSED).is_file():
            raise ValueError(f"the digest in {record.BUILD} or {record.REFUSED} is missing")
        return BuildRecord(build, plan.content, contents, _facts(build))
    except (*UNREADABLE, OutputError) as error:
        raise SourceError(f"the build in {folder} is incomplete ({error}): copy the whole folder") from error


def _facts(build: FinishedBuild) -> CardFacts:
    content = JsonObject(read_json(build.folder / card.FACTS))
    return CardFacts(
        build.description["selection"],
        build.settings,
        rows_in(content, "counts", CardCount),
        rows_in(content, "sources", CardOrigin),
        (),
        build.description["digests"],
        balance=rows_in(content, "balance", CardBalance),
        upstream=rows_in(content, "upstream", CardUpstream),
    )


def write(stored: BuildRecord, target: Path, feature: Feature, files: Mapping[Path, ShardFile]) -> None:
    """Write record and card to ``target``, whose converted shards are ``files``.

    Raises:
        SourceError: the record of a shard cannot be read.
    """
    build, settings = stored.build, replace(stored.build.settings, feature=feature)
    shards = {
        split: [(shard, files[Path(build.format.path(shard))]) for shard, _ in own]
        for split, own in build.shards.items()
    }
    keys = {
        shard: key_of(shard, content, replace(settings, variants=variant_in(shard.split, settings.variants)))
        for shard, content in stored.contents.items()
    }
    for shard, file in (one for own in shards.values() for one in own):
        kept = record.read(build.folder, shard)
        if kept is None:
            raise SourceError(f"{record.path_of(build.folder, shard)} cannot be read: copy the whole folder")
        record.write(target, shard, replace(kept, key=keys[shard], file=file))
    write_bytes(target / record.REFUSED, (build.folder / record.REFUSED).read_bytes())
    write_json(target / record.PLAN, {**stored.plan, "settings": settings.described()})
    facts = replace(stored.facts, settings=settings, files=files_of(build.format, shards))
    changes = {
        "plan": key_of_all(keys.values()),
        "settings": settings.described(),
        # The images were prepared by the versions of the build; this one has written the shards.
        "versions": {**build.description["versions"], "pyarrow": pa.__version__},
        "splits": described_shards(build.format, shards),
        "card": card.write(target, facts),
    }
    write_json(target / record.BUILD, {**build.description, **changes})
