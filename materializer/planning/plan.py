"""Plan a build: assign rows to shards and positions, and find the locations of their bytes.

The steps are ``sql/plan/*.sql``. Their tables (``plan_*``) are temporary, in a database below the scratch folder, so a
manifest that is opened read-only can be planned from.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import pyarrow as pa

from indexer.base.errors import ConfigError, RecipeError
from indexer.base.remote import Root
from indexer.base.selection_terms import is_split_name
from indexer.containers.from_manifest import stored_container
from indexer.containers.models import Container
from indexer.manifest.store import LOT_ROWS, Store, require_selection
from materializer.further_columns import image_columns
from materializer.models import Request, Settings, Shard
from materializer.shards.formats import output_format
from materializer.shards.variants import NATIVE, split_of, variant_in

# The size assumed for an image of unknown size: in estimates, and if the image cannot be read at all.
UNKNOWN_SIZE = 100_000

# Names in lower case that a build uses itself.
_TAKEN = frozenset(
    ["record", "build.json", "dataset_dict.json", "readme.md", "dataset_stats.md", "croissant.json", "citation.cff"]
)


class ShardRange(NamedTuple):
    """Shards ``first`` to ``last`` of a split; its spares are shard -1."""

    split: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class PlannedShard:
    """A shard to build, of ``rows`` rows and about ``size`` bytes.

    ``content`` is a hash of everything but the settings that decides its bytes; ``key`` includes the settings.
    ``base``: the shard of the selection's split that has its rows; another one if the shard holds a variant of them.
    """

    shard: Shard
    base: Shard
    settings: Settings
    rows: int
    size: int
    content: str
    key: str


@dataclass(frozen=True, slots=True)
class PlannedContainer:
    """A container to read: ``size`` bytes of images, for which ``read`` bytes are read from disk."""

    container: Container
    fingerprint: str
    is_sequential: bool
    size: int
    read: int


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """The plan of a build. ``planned_containers`` are keyed by ``container_id``."""

    selection: str
    recipe_hash: str
    seed: str
    shards: tuple[PlannedShard, ...]
    planned_containers: Mapping[int, PlannedContainer]

    @property
    def key(self) -> str:
        """A hash of all shards' keys."""
        return key_of_all(shard.key for shard in self.shards)

    @property
    def containers(self) -> dict[int, Container]:
        """The containers by ``container_id``."""
        return {number: planned.container for number, planned in self.planned_containers.items()}


def make(store: Store, request: Request, unavailable: Sequence[int] = ()) -> BuildPlan:
    """Plan a build. Rows of the containers ``unavailable`` are refused beforehand, and spares replace them.

    Raises:
        RecipeError: there is no such selection, or it is empty.
        ConfigError: a source that is needed has no root, or the output format is unknown.
    """
    output_format(request.settings.format)
    require_selection(store, request.selection)
    [(recipe_hash, seed)] = store.rows("plan/selection_run", {"selection": request.selection})
    settings = request.settings
    store.temp_tables_in(request.scratch)
    store.save_temporary(
        "plan_selected_rows", "plan/selected_rows", {"selection": request.selection, "unknown_size": UNKNOWN_SIZE}
    )
    given = {"order": settings.order.value, "seed": seed, "shard_size": settings.shard_size}
    store.save_temporary("plan_shard_assignment", "plan/shard_assignment", given)
    ranges = [ShardRange(*row) for row in store.rows("plan/shard_ranges", {"range_rows": LOT_ROWS})]
    for shards in ranges:
        _require_split_name(shards.split, request.selection)
    _require_distinct_splits({shards.split for shards in ranges}, settings.variants)
    if all(shards.last < 0 for shards in ranges):
        raise RecipeError(f"selection '{request.selection}' has no rows to build: see 'python -m indexer stats'")
    _save_rows(store, request, ranges)
    if unavailable:
        refuse = "update plan_row set refusal = 'source_missing' where list_contains($unavailable, container_id)"
        store.execute(refuse, {"unavailable": list(unavailable)})
    _save_companions(store, settings, unavailable)
    store.save_temporary("plan_substitutions", "plan/substitutions")
    store.save_temporary("plan_spilled_members", "plan/spilled_members")
    store.save_temporary("plan_copies", "plan/no_copies")
    store.view_temporary("plan_companion_list", "plan/companion_lists")
    store.view_temporary("plan_read_locations", "plan/read_locations")
    return BuildPlan(
        request.selection, recipe_hash, seed, _shards(store, settings, ranges), _containers(store, request.roots)
    )


def _require_split_name(split: str, selection: str) -> None:
    """Raise RecipeError if a split, as of an untrusted manifest, is no name of a folder, or one that a build uses."""
    if not is_split_name(split) or split.lower() in _TAKEN:
        raise RecipeError(f"selection '{selection}' has a split {split!r}, which is no name of a folder: select again")


def _require_distinct_splits(splits: Collection[str], variants: Sequence[str]) -> None:
    """Raise RecipeError if a split or its variant has the name of another one, or a name that is too long."""
    for split, variant in product(sorted(splits), dict.fromkeys((NATIVE, *variants)) if variants else ()):
        name = split_of(split, variant)
        [held] = variant_in(name, variants)
        if name != split and name in splits:
            what = "there is such a split already"
        elif not is_split_name(name):
            what = "which is too long"
        elif held != variant:
            what = f"which ends like variant {held}"
        else:
            continue
        raise RecipeError(f"--variants {variant} of split '{split}' would be '{name}', {what}: rename the split")


def require_known_sizes(store: Store, request: Request) -> None:
    """Refuse to build images of unknown size: shards are cut by size, and a guess would differ between machines.

    Raises:
        RecipeError: the last plan has such images, and the request does not allow missing ones.
    """
    unsized = store.rows("plan/unsized")
    if unsized and not request.allow_missing:
        sources = ", ".join(f"{source} {images:,}" for source, images in unsized)
        raise RecipeError(
            f"the sizes of some images are unknown before they are read ({sources}), and shards are cut by size: run"
            f" 'python -m indexer inspect {request.selection}' first"
        )


def save_due_shards(store: Store, shards: Iterable[Shard], *, with_spares: bool) -> None:
    """Save the shards to write in the table ``plan_due_shards``; the spares of a split are its shard -1."""
    due = {(shard.split, shard.index) for shard in shards}
    due |= {(split, -1) for split, _ in due if with_spares}
    rows = [{"split": split, "shard": shard} for split, shard in sorted(due)]
    kinds = pa.schema([("split", pa.string()), ("shard", pa.int64())])
    with store.registered("due_shards", pa.Table.from_pylist(rows, schema=kinds)):
        store.save_temporary("plan_due_shards", "plan/due_shards")


def key_of(shard: Shard, content: str, settings: Settings) -> str:
    """Return a hash of everything that decides a shard's bytes: equal keys, equal shards."""
    return _sha256([shard.split, shard.index, shard.count, content, settings.described()])


def key_of_all(keys: Iterable[str]) -> str:
    """Return a hash of the keys of a build's shards, which are in writing order."""
    return _sha256(keys)


def _save_rows(store: Store, request: Request, ranges: Sequence[ShardRange]) -> None:
    settings = request.settings
    given = {"selection": request.selection, "check": str(settings.check), "columns": list(settings.columns)}
    first, *others = ranges
    store.save_temporary("plan_row", "plan/row_details", given | first._asdict())
    for shards in others:
        store.append("plan_row", "plan/row_details", given | shards._asdict())


def _save_companions(store: Store, settings: Settings, unavailable: Sequence[int]) -> None:
    """Save the companions of the planned rows; rows whose companions are in ``unavailable`` containers are refused.

    Raises:
        RecipeError: no row has a value for one of the further columns.
    """
    if settings.columns and (empty := store.rows("plan/empty_columns", {"columns": list(settings.columns)})):
        known = ", ".join(name for (name,) in store.rows("plan/known_columns")) or "none"
        raise RecipeError(f"--columns {empty[0][0]}: no image of the selection has it; its sources have: {known}")
    given = {"columns": list(settings.columns), "unknown_size": UNKNOWN_SIZE}
    step = "plan/companions" if image_columns(settings.columns) else "plan/no_companions"
    store.save_temporary("plan_companion", step, given)
    if unavailable:
        refuse = (
            "update plan_row set refusal = 'source_missing' where (split, selection_position) in"
            " (select (split, selection_position) from plan_companion where list_contains($unavailable, container_id))"
        )
        store.execute(refuse, {"unavailable": list(unavailable)})
        store.save_temporary("plan_companion", step, given)  # with the refusals of their rows
        refuse = "update plan_companion set refusal = 'source_missing' where list_contains($unavailable, container_id)"
        store.execute(refuse, {"unavailable": list(unavailable)})
    store.view_temporary("plan_member", "plan/members")


def _shards(store: Store, settings: Settings, ranges: Sequence[ShardRange]) -> tuple[PlannedShard, ...]:
    """Return the shards in writing order: all splits of one variant, then those of the next."""
    found = [row for shards in ranges for row in store.rows("plan/shards", shards._asdict())]
    planned = []
    for one in settings.of_each_variant():
        for split, index, count, rows, size, content in found:
            base = Shard(split, index, count)
            shard = Shard(split_of(split, *one.variants), index, count) if one.variants else base
            planned.append(PlannedShard(shard, base, one, rows, size, content, key_of(shard, content, one)))
    return tuple(planned)


def _containers(store: Store, roots: Mapping[str, Root]) -> dict[int, PlannedContainer]:
    planned = {}
    for row in store.arrow("plan/containers").to_pylist():
        source = row["source"]
        if source not in roots:
            raise ConfigError(f"the selection needs source '{source}', which has no folder: add it to local.cfg")
        planned[row["container_id"]] = PlannedContainer(
            stored_container(roots[source], row), row["fingerprint"], row["is_sequential"], row["bytes"],
            row["bytes_read"],
        )  # fmt: skip
    return planned


def _sha256(parts: Iterable[Any]) -> str:
    return hashlib.sha256(json.dumps(list(parts), sort_keys=True).encode()).hexdigest()
