"""The rows of a selection with their containers, for reading them in any order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from indexer.base.errors import ConfigError, ImageError, RecipeError
from indexer.base.remote import Root
from indexer.base.suggestions import nearest
from indexer.containers.from_manifest import stored_container, stored_member
from indexer.containers.models import Access, ArchiveLimits, Container
from indexer.lookup.spilling import spill
from indexer.manifest.store import Store, require_selection

_SHOWN = 3
_MOVED = ("access", "offset", "packed_size", "size", "method", "crc32", "path", "name")


@dataclass(frozen=True, slots=True)
class SelectedRows:
    """Rows with the columns of sql/lookup/selected_rows.sql, and their containers by container_id."""

    rows: pa.Table
    containers: Mapping[int, Container]


def selected_rows(
    store: Store, roots: Mapping[str, Root], name: str, split: str | None, *, skips_missing: bool
) -> SelectedRows:
    """Return the rows of a selection, or of one of its splits, in their order.

    ``skips_missing``: rows whose images are not in the manifest are left out.

    Raises:
        RecipeError: there is no such selection or split, or images are missing.
        ImageError: the location of a source is not known.
    """
    require_selection(store, name)
    splits = [found for (found,) in store.rows("lookup/splits", {"name": name})]
    if split is not None and split not in splits:
        raise RecipeError(f"selection '{name}' has no split '{split}': {nearest(split, splits)}")
    rows = store.arrow("lookup/selected_rows", {"name": name, "split": split})
    missing = rows.filter(pc.is_null(rows["member_id"]))
    if missing.num_rows and not skips_missing:
        raise RecipeError(
            f"{missing.num_rows:,} images of selection '{name}' are not in the manifest, such as"
            f" '{missing['file_id'][0].as_py()}': scan their sources, or use on_error='skip'"
        )
    rows = rows.filter(pc.is_valid(rows["member_id"]))
    found = store.arrow("lookup/containers", {"containers": pc.unique(rows["container_id"]).to_pylist()}).to_pylist()
    unknown = sorted({row["source"] for row in found} - roots.keys())
    if unknown:
        raise ImageError(f"no location is known for the source '{unknown[0]}': add it to local.cfg, or scan its path")
    return SelectedRows(rows, {row["container_id"]: stored_container(roots[row["source"]], row) for row in found})


def with_random_access(
    selected: SelectedRows, folder: Path | None, limits: ArchiveLimits, *, skips_bad: bool
) -> SelectedRows:
    """Return the rows with those that only a sequential read reaches in spill files in ``folder``.

    Raises:
        ConfigError: there are such rows, and no folder is given.
        ImageError: one of them cannot be read, and ``skips_bad`` is false.
    """
    is_sequential = pc.equal(selected.rows["access"], Access.SEQUENTIAL.value)
    rows = selected.rows.filter(is_sequential).to_pylist()
    if not rows:
        return selected
    if folder is None:
        paths = ", ".join(sorted({row["path"] for row in rows})[:_SHOWN])
        raise ConfigError(
            f"{len(rows):,} of {selected.rows.num_rows:,} images are in archives that can only be read from their"
            f" start ({paths}): name a folder with spill=..., to which they are copied once, or build the selection"
        )
    containers = dict(selected.containers)
    moved: dict[int, dict[str, object]] = {}
    for container_id, group in _by_container(rows):
        spilled = spill(selected.containers[container_id], [stored_member(row, 0) for row in group], limits, folder)
        containers[-1 - container_id] = spilled.container
        for row, member in zip(group, spilled.members, strict=True):
            if member.ordinal in spilled.bad and not skips_bad:
                raise ImageError(f"{row['file_id']}: {spilled.bad[member.ordinal]} ({row['path']}!{row['name']})")
            if member.ordinal not in spilled.bad:
                place = {name: getattr(member, name) for name in _MOVED}
                moved[row["member_id"]] = {**place, "container_id": -1 - container_id}
    return SelectedRows(_moved(selected.rows, is_sequential, moved), containers)


def _by_container(rows: Iterable[Mapping[str, Any]]) -> list[tuple[int, list[Mapping[str, Any]]]]:
    groups: dict[int, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["container_id"], []).append(row)
    return list(groups.items())


def _moved(rows: pa.Table, is_sequential: pa.ChunkedArray, moved: Mapping[int, Mapping[str, object]]) -> pa.Table:
    """Return the rows with the new locations of spilled members, by member_id; without the others that need them."""
    kept = rows.filter(pc.or_(pc.invert(is_sequential), pc.is_in(rows["member_id"], pa.array(moved, pa.int64()))))
    members = kept["member_id"].to_pylist()
    for name in ("container_id", *_MOVED):
        at = kept.schema.get_field_index(name)
        old = kept.column(at).to_pylist()
        new = [moved[member][name] if member in moved else value for member, value in zip(members, old, strict=True)]
        kept = kept.set_column(at, kept.schema.field(at), pa.array(new, kept.schema.field(at).type))
    return kept
