"""``indexer select``: make a selection from a recipe or from lists of file ids."""

from pathlib import Path

import click
import pyarrow as pa

from indexer import store as stores
from indexer.cli import render
from indexer.cli.options import Session, common
from indexer.cli.roots import source_roots
from indexer.selection import choosing, recipe
from indexer.selection.inspecting import Inspector
from indexer.selection.shapes import Selected


@click.command(epilog="Example: python -m indexer select ai_gen_bench_v1")
@click.argument("recipe_name", metavar="RECIPE", required=False)
@click.option("--name", help="What the selection is called.  [default: the recipe's folder or file name]")
@click.option("--no-inspect", is_flag=True, help="Read no image: only what is known already counts against one.")
@common
def command(session: Session, recipe_name: str | None, name: str | None, *, no_inspect: bool) -> None:
    """Choose images by RECIPE: a TOML file, or the name of a recipe that comes with the project."""
    if recipe_name is None:
        raise click.UsageError("name a recipe, or give lists with --ids")
    file = recipe.find(recipe_name)
    choices = recipe.load(file)
    inspect = None if no_inspect else Inspector(source_roots(session.config), session.workers, session.progress)
    with stores.open_for_writing(session.manifest) as store:
        selected = choosing.select(store, choices, name or _name_of(file), inspect)
    _show(selected)


def _name_of(file: Path) -> str:
    return file.parent.resolve().name if file.name == "recipe.toml" else file.stem


def _show(selected: Selected) -> None:
    print(_table(f"Selection '{selected.name}'", ("split", "role"), selected.counts))
    print(_table("Left out", ("step", "reason"), selected.excluded))
    for part in selected.uneven:
        print(f"{part.generator}: {part.images:,} in {part.split}, not {part.wanted:,}: its images hang together")
    if selected.dropped:
        print(f"dropped, too few images: {', '.join(selected.dropped)}")


def _table(title: str, names: tuple[str, str], counts: tuple[tuple[str, str, int], ...]) -> str:
    columns = list(zip(*counts, strict=True)) if counts else [(), (), ()]
    types = (pa.string(), pa.string(), pa.int64())
    arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
    return render.table_text(pa.table(arrays, names=[*names, "images"]), title)
