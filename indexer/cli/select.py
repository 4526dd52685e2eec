"""``indexer select``: make a selection from a recipe or from lists of file ids."""

from collections.abc import Sequence
from pathlib import Path

import click
import pyarrow as pa

from indexer.base.errors import CheckFailed, ConfigError
from indexer.cli import render
from indexer.cli.inspect import inspector
from indexer.cli.messages import printable
from indexer.cli.names import selection_name
from indexer.cli.options import Session, common, on_workers
from indexer.selection import by_recipe, recipe
from indexer.selection.by_list import Listed, MissingCount, select_listed
from indexer.selection.models import Counts, Selected, is_split_name

_NOTHING = (
    "nothing was chosen: a recipe takes images that have a generator, and photographs to stand beside them;"
    " photographs alone can be listed with --ids"
)

# Reasons that may be the machine's; sql/select/doubtful.sql has them as statuses.
_DOUBTFUL = ("unreadable", "died", "too many pixels")

_EXAMPLES = """Examples:

python -m indexer select ai_gen_bench_v1

python -m indexer select --ids train=train.txt --ids validation=val.txt --substitute laion --name published
"""


@click.command(epilog=_EXAMPLES)
@click.argument("recipe_name", metavar="[RECIPE]", required=False)
@click.option(
    "--name", callback=selection_name, help="What the selection is called.  [default: the recipe's folder or file name]"
)
@click.option("--ids", "lists", multiple=True, metavar="SPLIT=FILE", help="Take these file ids; may be repeated.")
@click.option(
    "--substitute", metavar="ORIGIN", help="Replace listed photographs of ORIGIN that are missing, by others."
)
@click.option("--no-inspect", is_flag=True, help="Read no image: only what is known already counts against one.")
@common
@on_workers
def command(session: Session, recipe_name: str | None, name: str | None, **how: object) -> None:
    """Choose images by RECIPE (a TOML file, or the name of one that comes with the project), or by lists."""
    lists = how["lists"]
    if bool(recipe_name) == bool(lists):
        raise click.UsageError("name either a recipe, or lists with --ids")
    if recipe_name:
        _by_recipe(session, recipe_name, name, inspects=not how["no_inspect"])
    elif name:
        _by_list(session, lists, name, how["substitute"])  # type: ignore[arg-type]
    else:
        raise click.UsageError("say with --name what the selection is called")


def _by_recipe(session: Session, recipe_name: str, name: str | None, *, inspects: bool) -> None:
    file = recipe.find(recipe_name)
    choices = recipe.load(file)
    inspect = inspector(session) if inspects else None
    with session.writing() as store:
        selected = by_recipe.select(store, choices, name or _name_of(file), inspect)
    _show(selected)
    if not selected.counts:
        raise CheckFailed(_NOTHING)


def _by_list(session: Session, lists: Sequence[str], name: str, substitute: str | None) -> None:
    with session.writing() as store:
        listed = select_listed(store, _files(lists), name, substitute)
    _show_listed(listed)
    without = sum(group.images - group.substituted for group in listed.missing)
    if without:
        raise CheckFailed(f"{without:,} listed images cannot be had and have no substitute")


def _files(lists: Sequence[str]) -> dict[str, list[Path]]:
    files: dict[str, list[Path]] = {}
    for text in lists:
        split, is_pair, file = text.partition("=")
        if not (split and is_pair and file):
            raise ConfigError(f"--ids {text}: write it as SPLIT=FILE, as in train=train_ids.txt")
        if not is_split_name(split):
            raise ConfigError(f"--ids {text}: a split's name is of letters, digits, '_', '.' and '-'")
        files.setdefault(split, []).append(Path(file))
    return files


def _name_of(file: Path) -> str:
    return file.parent.resolve().name if file.name == "recipe.toml" else file.stem


def _show(selected: Selected) -> None:
    _show_counts(f"Selection '{selected.name}'", ("split", "role"), selected.counts)
    _show_counts("Left out", ("step", "reason"), selected.excluded)
    for part in selected.uneven:
        uneven = f"{part.generator}: {part.images:,} in {part.split}, not {part.target:,}: its images hang together"
        print(printable(uneven))
    doubtful = sum(images for step, reason, images in selected.excluded if step == "inspect" and reason in _DOUBTFUL)
    if doubtful:
        print(f"{doubtful:,} could not be read: 'python -m indexer inspect --again' looks at them once more")
    if selected.dropped:
        print(f"dropped, too few images: {printable(', '.join(selected.dropped))}")


def _show_listed(listed: Listed) -> None:
    _show_counts(f"Selection '{listed.name}'", ("split", "role"), listed.counts)
    if listed.missing:
        rows = [{field: getattr(group, field) for field in MissingCount.__slots__} for group in listed.missing]
        print(render.table_text(pa.Table.from_pylist(rows), "Listed images that cannot be had"))


def _show_counts(title: str, names: tuple[str, str], counts: Counts) -> None:
    rows = [{names[0]: first, names[1]: second, "images": images} for first, second, images in counts]
    schema = pa.schema([(names[0], pa.string()), (names[1], pa.string()), ("images", pa.int64())])
    print(render.table_text(pa.Table.from_pylist(rows, schema=schema), title))
