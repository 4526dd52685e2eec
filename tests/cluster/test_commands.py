"""The commands of both phases on a Dask cluster give the same manifest and the same dataset."""

import os
import subprocess
import sys

import pytest

from indexer.manifest import store as stores
from tests.cluster.work import ROOT
from tests.materializer.conftest import tree
from tests.scanning.conftest import CONTAINERS, MEMBERS, SIDE_ROWS
from tests.support import manifests

pytestmark = pytest.mark.slow

INSPECTED = """
    select file_id, i.* exclude (member_id) from inspection i join attributes using (member_id) order by file_id
"""
DECLARATION = r"""
name = "Pictures"
licence = "none"
default_folder = "source"

[tables.prompts]
file = 'prompts\.csv'
key = "id"

[[rule]]
path = '(?P<folder>[a-z]+)/sampled/(?P<number>\d+)'
file_id = "{folder}/sampled/{number}"
description = "{number|prompts.text}"
origin = "Pictures/all"
label = "real"
"""
CONFIG = """
[paths]
input_datasets_path = .
output_path = built
tmp_cache_dir = tmp
intermediate_outputs_path = {folder}
declarations_path = own
pictures = source
"""


@pytest.fixture
def sources(tmp_path):
    """Images in a zip, a compressed tar and a folder, with a side file."""
    root = tmp_path / "source"
    for first, packing in ((0, "deflate"), (20, "tar.gz"), (40, "folder")):
        images = [
            manifests.Picture(f"{packing[0]}pack/sampled/{number}", manifests.encoded(number))
            for number in range(first, first + 8)
        ]
        manifests.make(tmp_path / f"{packing}.duckdb", root / packing.replace(".", ""), images, packing)
    for path in list(root.rglob("*.bin")):
        path.rename(path.with_suffix(".jpg"))
    (root / "prompts.csv").write_text("id,text\n" + "".join(f"{number},a cat\n" for number in range(48)))
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "pictures.toml").write_text(DECLARATION)
    return tmp_path


def typed(folder, name, *engine):
    """Scan, select, inspect and build with the manifest in the folder ``name``, by relative paths."""
    (folder / f"{name}.cfg").write_text(CONFIG.format(folder=name))
    (folder / "train.txt").write_text("".join(f"fpack/sampled/{number}\n" for number in range(40, 48)))
    commands = [
        ["indexer", "scan", "--source", "pictures", *engine],
        ["indexer", "select", "--ids", "train=train.txt", "--name", "mine"],
        ["indexer", "inspect", "mine", *engine],
        ["materializer", "build", "--selection", "mine", "--output", f"built-{name}", "--shard-size", "3KB", *engine],
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for command in commands:
        run = [sys.executable, "-m", *command, "--config", f"{name}.cfg", "--quiet"]
        done = subprocess.run(run, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    with stores.open_for_reading(folder / name / "manifest.duckdb") as store:
        return [store.execute(query) for query in (CONTAINERS, MEMBERS, SIDE_ROWS, INSPECTED)]


def test_commands_on_dask_give_the_same_results(sources, dask_cluster):
    rows = typed(sources, "here")
    assert [len(table) for table in rows] == [3, 25, 48, 8]
    assert typed(sources, "there", "--backend", "dask", "--scheduler", dask_cluster[0]) == rows
    assert tree(sources / "built-there") == tree(sources / "built-here")
    assert not (sources / "tmp").exists() or not list((sources / "tmp").iterdir())
