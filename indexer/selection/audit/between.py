"""Find the pictures that two selections, sources or exports share."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from indexer.manifest.store import Store
from indexer.selection.excluding import selections_among
from indexer.selection.models import Inspect
from indexer.selection.near_looks import add_near
from indexer.selection.working_tables import working_tables

_SIDES = ("side_a", "side_b")


@dataclass(frozen=True, slots=True)
class Between:
    """The pictures that ``names`` share.

    ``matrix``: part_a, part_b, bytes, pixels, near, pictures; a part is a split, or an origin of a source. ``shared``:
    kind, part_a, part_b, images_a, images_b, image_a, image_b; one row per pair of contents. ``compared`` and
    ``unknown`` are the numbers of images of both sides that were compared, and that were not inspected.
    """

    names: tuple[str, str]
    compared: tuple[int, int]
    unknown: tuple[int, int]
    matrix: pa.Table
    shared: pa.Table


def audit_between(
    store: Store,
    names: tuple[str, str],
    exports: Mapping[str, pa.Table],
    radius: int,
    inspect: Inspect | None = None,
) -> Between:
    """Compare two selections, sources or exports by bytes, pixels and perceptual hashes at most ``radius`` bits apart.

    ``exports`` has the rows (split, file_id, hash, pixel_hash) of names that are exports. ``inspect`` first reads the
    images of selections that were never inspected.

    Raises:
        RecipeError: a name is neither.
    """
    with working_tables(store):
        for table, name in zip(_SIDES, names, strict=True):
            _fill(store, table, name, exports)
        if inspect:
            _inspect(store, names, inspect)
        store.save("work.phash", "audit/between/phashes")
        if radius >= 0:
            add_near(store, radius)
        store.save("work.shared", "audit/between/shared")
        counts = [store.execute(f"select count_if(status = 'ok'), count_if(status = 'none') from work.{side}")[0]
                  for side in _SIDES]  # fmt: skip
        return Between(
            names,
            (counts[0][0], counts[1][0]),
            (counts[0][1], counts[1][1]),
            store.arrow("audit/between/matrix"),
            store.arrow("audit/between/pairs"),
        )


def _fill(store: Store, table: str, name: str, exports: Mapping[str, pa.Table]) -> None:
    """Fill ``work.<table>`` with the images of ``name``."""
    if name in exports:
        with store.registered("incoming", exports[name]):
            store.save(f"work.{table}", "audit/between/of_export")
        return
    step = "of_selection" if selections_among(store, [name]) else "of_source"
    store.save(f"work.{table}", f"audit/between/{step}", {"name": name})


def _inspect(store: Store, names: tuple[str, str], inspect: Inspect) -> None:
    """Read the images of selections that were never inspected, and fill their tables again."""
    selections = [found for (found,) in store.rows("selections")]
    for table, name in zip(_SIDES, names, strict=True):
        if name in selections:
            store.save_query("work.pool", f"select member_id from work.{table} where member_id is not null")
            inspect(store)
            _fill(store, table, name, {})
