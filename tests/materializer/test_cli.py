"""The commands of phase two, as they are typed."""

import subprocess
import sys
from pathlib import Path

import datasets
import pytest

from indexer.manifest import store as stores
from tests.materializer.conftest import tree

ROOT = Path(__file__).parents[2]


@pytest.fixture
def typed(site, images):
    """Type a command in the folder of a source that is declared, scanned and selected."""
    site.lay_out(images, "deflate")
    declaration = (
        'name = "Pictures"\nlicence = "none"\ndefault_folder = "source"\n\n[[rule]]\n'
        'path = \'^(?P<id>.+)$\'\nfile_id = "{id}"\norigin = "Pictures/all"\nlabel = "real"\n'
    )
    (site.folder / "own").mkdir()
    (site.folder / "own" / "pictures.toml").write_text(declaration)
    paths = {
        "input_datasets_path": ".",
        "output_path": "built",
        "tmp_cache_dir": "tmp",
        "intermediate_outputs_path": ".",
        "declarations_path": "own",
        "pictures": "source",
    }
    (site.folder / "local.cfg").write_text("[paths]\n" + "".join(f"{key} = {value}\n" for key, value in paths.items()))

    def run(*arguments):
        command = [sys.executable, "-m", "materializer", *map(str, arguments)]
        return subprocess.run(
            command, cwd=site.folder, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
        )

    return run


def test_plan_build_verify_finalize(site, typed):
    planned = typed("plan", "--selection", "main", "--shard-size", "10KB")
    assert "images   52 in 6 shards" in planned.stdout
    built = typed("build", "--selection", "main", "--output", "built", "--shard-size", "10KB", "--jobs", "1")
    assert (built.returncode, built.stdout.splitlines()) == (
        0,
        [
            "built: train 40, validation 12 images, 0.1 MB in 6 shards",
            "checked: every image; 2 rows refused, 2 of them substituted",
            "open it:",
            "  import datasets, materializer.large_image; dataset = datasets.load_from_disk('built')",
        ],
    )
    assert "writing: 52 of 52 images" in built.stderr
    assert typed("verify", "built", "--quiet").stdout.endswith("all is as it was built\n")
    assert "images are Image now" in typed("finalize", "built", "standard").stdout
    assert len(datasets.load_from_disk(str(site.folder / "standard"))["train"]) == 40


def test_missing_rows_are_status_one(site, typed):
    with stores.open_for_writing(site.manifest) as store:
        store.execute("delete from selection where role = 'spare'")
    built = typed("build", "--selection", "main", "--output", "built", "--quiet", "--backend", "threading")
    assert built.returncode == 1
    assert "2 rows are missing: no spare was left; see built/record/refused.parquet" in built.stderr


def test_without_output_a_build_goes_where_local_cfg_says(site, typed):
    built = typed("build", "--selection", "main", "--jobs", "1", "--quiet")
    assert built.stdout.startswith(f"{site.folder / 'built' / 'main'}: train 40"), built.stderr
    assert typed("verify", "built/main", "--quiet").returncode == 0
    with stores.open_for_writing(site.manifest) as store:
        store.execute("update selection set name = '../up'")
    refused = typed("build", "--selection", "../up")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "no folder can be called '../up': name one with --output" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["build", "--selection", "mian", "--output", "x"], "no selection 'mian' in "),
        (["build", "--selection", "main", "--output", "source/new"], "source/new lies in the source 'pictures'"),
        (["build", "--selection", "main", "--output", "x", "--shard-size", "5XB"], "'5XB' is not a size"),
        (
            ["build", "--selection", "main", "--output", "x", "--format", "webdataset", "--image-feature", "large"],
            "a tar holds files as they are",
        ),
        (["verify", "source"], "source holds no finished build"),
        (["finalize", "source", "x"], "name a folder that 'save_to_disk' or a build has written"),
        (["finalize", "source"], "Missing argument 'DST'"),
    ],
)
def test_wrong_input_is_one_line_and_status_two(typed, arguments, words):
    done = typed(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_line_that_opens_a_build_opens_it(site, typed):
    """Parquet of LargeImage: stock readers open it once the feature is registered."""
    built = typed("build", "--selection", "main", "--output", "built", "--format", "parquet", "--quiet")
    line = built.stdout.splitlines()[-1].strip()
    environment = {"PYTHONPATH": str(ROOT), "HF_DATASETS_CACHE": str(site.folder / "cache")}
    command = [sys.executable, "-c", f"{line}; print(dataset['train'][0]['image'].size)"]
    done = subprocess.run(command, cwd=site.folder, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "(24, 16)\n"), done.stderr


def test_sizes_are_read_before_a_build_where_only_reading_tells_them(site, images, typed):
    site.build("expected")
    site.manifest.unlink()
    (site.root / "pictures.zip").unlink()
    site.lay_out(images, "parquet")
    build = ("build", "--selection", "main", "--shard-size", "10KB", "--jobs", "1", "--quiet", "--output")
    refused = typed(*build, "part", "--part", "1/2")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "run 'python -m indexer inspect main' first" in refused.stderr
    assert typed(*build, "built").returncode == 0
    expected, built = tree(site.folder / "expected"), tree(site.folder / "built")
    assert {name for name in expected if built[name] != expected[name]} <= {"record/plan.json"}  # it names other limits
