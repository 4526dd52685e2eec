"""Record and card of a build, made anew for shards that were converted: as if they had been built so.

What a folder says of itself may be a stranger's: nothing in it names a file but those that were converted.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from operator import index
from pathlib import Path
from typing import Any

import pyarrow as pa

from indexer.base.durable import write_bytes, write_json
from indexer.base.errors import SourceError
from materializer.dataset import card
from materializer.dataset.card.facts import CardCount, CardFacts, CardFile, CardOrigin, counts_of, sources_of
from materializer.dataset.verify import read_build, shards_of
from materializer.models import Check, Feature, Format, Pixels, RowOrder, Settings, Shard, Written
from materializer.planning.plan import key_of, key_of_all
from materializer.shards import record
from materializer.shards.formats import arrow


@dataclass(frozen=True, slots=True)
class BuildDescription:
    """What a build says of itself. ``contents`` are hashes of what each shard holds."""

    folder: Path
    built: Mapping[str, Any]
    planned: Mapping[str, Any]
    settings: Settings
    contents: Mapping[Shard, str]
    counts: tuple[CardCount, ...]
    sources: tuple[CardOrigin, ...]


def told_by(folder: Path, files: Collection[Path]) -> BuildDescription | None:
    """What the build in ``folder``, whose shards are ``files``, says of itself; None where it is no build of ours.

    Raises:
        SourceError: something of it is missing, makes no sense, or is of other shards.
    """
    if not (folder / record.BUILD).is_file():
        return None
    try:
        built, planned, facts = read_build(folder), _json(folder / record.PLAN), _json(folder / card.FACTS)
        shards = [shard for each in shards_of(built).values() for shard, _ in each]
        _refuse_others(shards, files)
        _refuse_untold(folder, built, shards)
        contents = {shard: str(planned["shards"][arrow.path(shard)]) for shard in shards}
        return BuildDescription(
            folder, built, planned, _settings(built["settings"]), contents, counts_of(facts), sources_of(facts)
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise SourceError(f"{folder} is no whole build ({error}): take the folder as it was built") from error


def renew(told: BuildDescription, target: Path, feature: Feature, written: Mapping[Path, Written]) -> None:
    """Write record and card to ``target``, whose shards are now as ``written``.

    Raises:
        SourceError: the record of a shard cannot be read.
    """
    settings = replace(told.settings, feature=feature)
    shards = {shard: written[Path(arrow.path(shard))] for shard in told.contents}
    keys = {shard: key_of(shard, content, settings) for shard, content in told.contents.items()}
    for shard, now in shards.items():
        record.write(target, shard, replace(_kept(told, shard), key=keys[shard], written=now))
    write_bytes(target / record.REFUSED, (told.folder / record.REFUSED).read_bytes())
    write_json(target / record.PLAN, {**told.planned, "settings": asdict(settings)})
    card.write(target, _facts(told, settings, shards))
    changes = {"plan": key_of_all(keys.values()), "settings": asdict(settings), "splits": _splits(told, shards)}
    # What prepared the images is as it was; who wrote the shards is another.
    versions = {**told.built["versions"], "pyarrow": pa.__version__}
    write_json(target / record.BUILD, {**told.built, **changes, "versions": versions})


def _json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _refuse_others(shards: list[Shard], files: Collection[Path]) -> None:
    paths = {Path(arrow.path(shard)) for shard in shards}
    if others := sorted(map(str, paths.symmetric_difference(files))):
        raise ValueError(f"{record.BUILD} and the dataset do not name the same shards: {others[0]}")


def _refuse_untold(folder: Path, built: Mapping[str, Any], shards: list[Shard]) -> None:
    wanted = {"selection": str, "digests": dict, "versions": dict}
    wrong = [name for name, kind in wanted.items() if not isinstance(built[name], kind)]
    if wrong or not isinstance(built["digests"]["all"], str):
        raise ValueError(f"{record.BUILD} misspells {', '.join(wrong) or 'digests'}")
    if missing := [shard.stem for shard in shards if record.glance(folder, shard) is None]:
        raise ValueError(f"the record of {missing[0]} is missing or damaged")
    if not (folder / record.REFUSED).is_file():
        raise ValueError(f"{record.REFUSED} is missing")


def _settings(told: Mapping[str, Any]) -> Settings:
    return Settings(
        Format(told["format"]),
        Feature(told["feature"]),
        Pixels(told["pixels"]),
        index(told["quality"]),
        Check(told["check"]),
        RowOrder(told["order"]),
        index(told["shard_size"]),
    )


def _kept(told: BuildDescription, shard: Shard) -> record.ShardRecord:
    kept = record.read(told.folder, shard)
    if kept is None:
        raise SourceError(f"{record.path_of(told.folder, shard)} cannot be read: take the folder as it was built")
    return kept


def _facts(told: BuildDescription, settings: Settings, shards: Mapping[Shard, Written]) -> CardFacts:
    files = tuple(CardFile(arrow.path(shard), now.size, now.sha256) for shard, now in shards.items())
    return CardFacts(told.built["selection"], settings, told.counts, told.sources, files, told.built["digests"])


def _splits(told: BuildDescription, shards: Mapping[Shard, Written]) -> dict[str, list[dict[str, Any]]]:
    return {
        split: [{"file": arrow.path(shard), **asdict(now)} for shard, now in shards.items() if shard.split == split]
        for split in told.built["splits"]
    }
