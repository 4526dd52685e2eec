"""Which row goes to which shard and place, and in which order containers are read: SQL, strung together.

The steps are ``sql/plan/*.sql``; their tables (``plan_*``) live as long as the connection, in a file below the scratch
folder, so a plan can be made of a manifest that is opened read only.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import pyarrow as pa

from indexer.base.errors import ConfigError, RecipeError
from indexer.base.remote import Root
from indexer.containers.from_manifest import stored_container
from indexer.containers.models import Container
from indexer.manifest.store import LOT_ROWS, Store, require_selection
from materializer.models import Check, Request, RowsTask, Settings, Shard

# What an image is taken for whose size is not known: in an estimate, and where it cannot be read at all.
UNKNOWN_SIZE = 100_000


class Lot(NamedTuple):
    """Shards ``first`` to ``last`` of a split; its spares are in shard -1."""

    split: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class PlannedShard:
    """A shard to be: ``places`` rows of about ``size`` bytes.

    ``content`` is a hash of all that decides its bytes but the settings; ``key`` of these, too.
    """

    shard: Shard
    places: int
    size: int
    content: str
    key: str


@dataclass(frozen=True, slots=True)
class PlannedContainer:
    """A container that is read: its ``rows`` of ``size`` bytes, for which ``read`` bytes are taken from disk."""

    container: Container
    fingerprint: str
    forward: bool
    rows: int
    size: int
    read: int


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """What a build will do. Containers are keyed by ``container_id``."""

    selection: str
    recipe_hash: str
    seed: str
    shards: tuple[PlannedShard, ...]
    containers: Mapping[int, PlannedContainer]

    @property
    def key(self) -> str:
        """A hash of all shards' keys."""
        return key_of_all(shard.key for shard in self.shards)

    @property
    def opened(self) -> dict[int, Container]:
        """The containers by themselves."""
        return {number: planned.container for number, planned in self.containers.items()}


def make(store: Store, request: Request, absent: Sequence[int] = ()) -> BuildPlan:
    """Plan a build; what lies in the containers ``absent`` is refused beforehand, and spares stand in for it.

    Raises:
        RecipeError: there is no such selection, or it is empty.
        ConfigError: a source that is needed has no root.
    """
    recipe_hash, seed = _run_of(store, request.selection)
    settings = request.settings
    store.temp_tables_in(request.scratch)
    store.save_temporary(
        "plan_selected_rows", "plan/selected_rows", {"selection": request.selection, "unknown_size": UNKNOWN_SIZE}
    )
    where = {"order": settings.order.value, "seed": seed, "shard_size": settings.shard_size}
    store.save_temporary("plan_shard_assignment", "plan/shard_assignment", where)
    lots = [Lot(*lot) for lot in store.rows("plan/lots", {"lot_rows": LOT_ROWS})]
    if all(lot.last < 0 for lot in lots):
        raise RecipeError(f"selection '{request.selection}' has no rows to build: see 'python -m indexer stats'")
    _fill(store, request, lots)
    if absent:
        refuse = "update plan_row set refusal = 'source_missing' where list_contains($absent, container_id)"
        store.execute(refuse, {"absent": list(absent)})
    store.save_temporary("plan_substitutions", "plan/substitutions")
    store.save_temporary("plan_spilled", "plan/spilled")
    store.view_temporary("plan_read_locations", "plan/read_locations")
    return BuildPlan(
        request.selection, recipe_hash, seed, _shards(store, settings, lots), _containers(store, request.roots)
    )


def refuse_unsized(store: Store, request: Request) -> None:
    """Shards are cut by the images' sizes: of what was just planned all have to be known, or labs would cut otherwise.

    Raises:
        RecipeError: some are not, and it is not said that what is missing may be missing.
    """
    unsized = store.rows("plan/unsized")
    if unsized and not request.allow_missing:
        sources = ", ".join(f"{source} {images:,}" for source, images in unsized)
        raise RecipeError(
            f"only reading tells the sizes of some images ({sources}), by which shards are cut: run"
            f" 'python -m indexer inspect {request.selection}' first"
        )


def rows_of(store: Store, shard: Shard) -> pa.Table:
    """The rows of a shard in output order, as settled and spilled so far."""
    return store.arrow("plan/rows", {"split": shard.split, "shard": shard.index})


def save_due(store: Store, shards: Iterable[Shard], *, with_spares: bool) -> None:
    """Keep in the table ``plan_due`` which shards are about to be written; spares count as shard -1 of their split."""
    due = {(shard.split, shard.index) for shard in shards}
    due |= {(split, -1) for split, _ in due if with_spares}
    rows = [{"split": split, "shard": shard} for split, shard in sorted(due)]
    kinds = pa.schema([("split", pa.string()), ("shard", pa.int64())])
    with store.registered("due_shards", pa.Table.from_pylist(rows, schema=kinds)):
        store.save_temporary("plan_due", "plan/due")


def key_of(shard: Shard, content: str, settings: Settings) -> str:
    """A hash of all that decides a shard's bytes; equal keys, equal shards."""
    return _sha256([shard.split, shard.index, shard.count, content, asdict(settings)])


def key_of_all(keys: Iterable[str]) -> str:
    """A hash of a build's shards' keys, in writing order."""
    return _sha256(keys)


def _run_of(store: Store, name: str) -> tuple[str, str]:
    require_selection(store, name)
    [(recipe_hash, seed)] = store.rows("plan/run", {"selection": name})
    return recipe_hash, seed


def _fill(store: Store, request: Request, lots: Sequence[Lot]) -> None:
    decodes = request.settings.check is Check.DECODE
    given = {"selection": request.selection, "decodes": decodes}
    first, *others = lots
    store.save_temporary("plan_row", "plan/row_details", given | first._asdict())
    for lot in others:
        store.append("plan_row", "plan/row_details", given | lot._asdict())


def _shards(store: Store, settings: Settings, lots: Sequence[Lot]) -> tuple[PlannedShard, ...]:
    found = []
    rows = (row for lot in lots for row in store.rows("plan/shards", lot._asdict()))
    for split, index, count, places, size, content in rows:
        shard = Shard(split, index, count)
        found.append(PlannedShard(shard, places, size, content, key_of(shard, content, settings)))
    return tuple(found)


def _containers(store: Store, roots: Mapping[str, Root]) -> dict[int, PlannedContainer]:
    found = {}
    for row in store.arrow("plan/containers").to_pylist():
        container = stored_container(_root(roots, row["source"]), row)
        found[row["container_id"]] = PlannedContainer(
            container, row["fingerprint"], row["is_forward"], row["rows"], row["bytes"], row["bytes_read"]
        )
    return found


def _root(roots: Mapping[str, Root], source: str) -> Root:
    if source not in roots:
        raise ConfigError(f"the selection needs source '{source}', for which no folder is known: name it in local.cfg")
    return roots[source]


def _sha256(parts: Iterable[Any]) -> str:
    return hashlib.sha256(json.dumps(list(parts), sort_keys=True).encode()).hexdigest()


def work_of(rows: pa.Table, containers: Mapping[int, Container], request: Request) -> RowsTask:
    """Rows as a task, with just those containers that they lie in."""
    needed = {number for number in rows["container_id"].to_pylist() if number is not None}
    nearby = {number: containers[number] for number in sorted(needed & containers.keys())}
    return RowsTask(rows, nearby, request.settings, request.limits, request.image_limits)
