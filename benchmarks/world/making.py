"""Make the world: its files, a configuration, the scaled recipe, and the list of selected images."""

from pathlib import Path

import duckdb

from benchmarks.world.ids import recipe, world_rows
from benchmarks.world.packing import write_files
from indexer.base import resources
from indexer.declarations import load

PER_GENERATOR = 40
_CONFIG = """\
[paths]
input_datasets_path = datasets
output_path = out
tmp_cache_dir = out/tmp
intermediate_outputs_path = out
"""
_SELECTED = """
    select source, root, path, member, split, label, generator, file_id, description, positive_prompt,
        negative_prompt, conditioning, origin, paired_real_images
    from manifest join selection using (file_id) join roots using (source)
    where role <> 'spare' order by source, path, member
"""


def make(folder: Path, per_generator: int = PER_GENERATOR) -> int:
    """Write ``datasets/``, ``local.cfg`` and ``recipe.toml`` below ``folder``; return the number of images.

    The selection of the recipe has ``per_generator`` images of each of 36 generators and as many real ones.
    """
    sources = {source.key: source for source in load([resources.sources_folder()])}
    rows = world_rows(per_generator, sources)
    write_files(rows, {key: folder / "datasets" / root for key, root in _roots().items()})
    (folder / "local.cfg").write_text(_CONFIG)
    (folder / "recipe.toml").write_text(recipe(per_generator), encoding="utf-8")
    return len(rows.members)


def _roots() -> dict[str, str]:
    return {source.key: source.default_folder or source.key for source in load([resources.sources_folder()])}


def write_selected(folder: Path) -> None:
    """Write ``selected.parquet``: the images of the selection in the manifest below ``folder / out``."""
    with duckdb.connect(folder / "out" / "manifest.duckdb", read_only=True) as manifest:
        roots = _roots()
        manifest.execute("create temp table roots as select unnest($1) as source, unnest($2) as root",
                         [list(roots), list(roots.values())])  # fmt: skip
        manifest.execute(f"copy ({_SELECTED}) to '{folder / 'selected.parquet'}'")
