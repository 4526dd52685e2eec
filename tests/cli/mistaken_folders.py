"""Folders in which users' mistakes are made."""

from collections.abc import Callable
from pathlib import Path

import duckdb

from indexer.manifest import store

CONFIG = """\
[paths]
input_datasets_path = datasets
output_path = built
tmp_cache_dir = tmp
intermediate_outputs_path = index
"""


def nothing(_: Path) -> None:
    """Leave the folder empty."""


def config(more: str = "") -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / "local.cfg").write_text(CONFIG + more)

    return write


def manifest(folder: Path) -> None:
    config()(folder)
    with store.open_for_writing(folder / "index" / "manifest.duckdb"):
        pass


def newer_manifest(folder: Path) -> None:
    manifest(folder)
    with duckdb.connect(folder / "index" / "manifest.duckdb") as connection:
        connection.execute("update made_by set schema_version = 99").fetchall()


def bad_recipe(folder: Path) -> None:
    manifest(folder)
    (folder / "recipe.toml").write_text("per_generater = 5\n[split]\ntrain = 0.5\nvalidation = 0.6\n")


def file_for_index(folder: Path) -> None:
    with_folder("datasets/coco")(folder)
    (folder / "index").write_text("not a folder")


def selected_from_a_source(folder: Path) -> None:
    other_output(folder)
    (folder / "datasets" / "coco").mkdir(parents=True)


def no_toml(folder: Path) -> None:
    manifest(folder)
    (folder / "recipe.toml").write_text("seed = \n")


def with_folder(path: str, more: str = "") -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        config(more)(folder)
        (folder / path).mkdir(parents=True)

    return make


def bad_declaration(folder: Path) -> None:
    config("declarations_path = mine\n")(folder)
    (folder / "mine").mkdir()
    (folder / "mine" / "holidays.toml").write_text(
        "[[rule]]\npath = '(?P<year>\\d+)/[^/]+'\norigin = '{yaer}'\nlable = 0\n"
    )


def other_output(folder: Path) -> None:
    manifest(folder)
    with store.open_for_writing(folder / "index" / "manifest.duckdb") as opened:
        opened.execute("insert into selection_run (name, recipe, recipe_hash, seed) values ('demo', '', '', '')")
        opened.execute("insert into selection values ('demo', 'train', 0, 'a', 'sampled', '', null)")
    (folder / "built").mkdir()
    (folder / "built" / "thesis.tex").write_text("not ours")
