"""The commands of the materializer in a shell."""

import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import datasets
import pytest

from indexer.manifest import store as stores
from tests.cli.conftest import run  # noqa: F401 - a fixture
from tests.materializer.conftest import tree

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run_command(site, images, run):  # noqa: F811
    """Run a command in the folder of a source that is declared, scanned and selected."""
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

    return partial(run, program="materializer", folder=site.folder)


def test_plan_build_verify_finalize(site, run_command):
    planned = run_command("plan", "--selection", "main", "--shard-size", "10KB")
    assert "images   52 in 6 shards" in planned.stdout
    built = run_command("build", "--selection", "main", "--output", "built", "--shard-size", "10KB", "--jobs", "1")
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
    assert run_command("verify", "built", "--quiet").stdout.endswith("all is as it was built\n")
    assert "images are Image now" in run_command("finalize", "built", "standard").stdout
    assert len(datasets.load_from_disk(str(site.folder / "standard"))["train"]) == 40


def test_plan_of_an_export_is_that_of_its_selection(site, run_command, run):  # noqa: F811
    run("inspect", "main", folder=site.folder)
    query = "select file_id from manifest where status = 'ok' and hash is not null"
    assert run("select", "--sql", query, "--name", "fine", folder=site.folder).returncode == 0
    assert run("export", "fine", "shared", folder=site.folder).returncode == 0
    expected = run_command("plan", "--selection", "fine").stdout
    planned = run_command("plan", "--manifest", "shared", "--name", "theirs").stdout
    assert planned.partition("\n")[2] == expected
    assert planned.startswith("selection 'theirs': ")
    assert "name either a --selection, or an export with --manifest" in run_command("plan").stderr


def test_missing_rows_exit_with_status_one(site, run_command):
    with stores.open_for_writing(site.manifest) as store:
        store.execute("delete from selection where role = 'spare'")
    built = run_command("build", "--selection", "main", "--output", "built", "--quiet", "--backend", "threading")
    assert built.returncode == 1
    assert "2 rows are missing: no spare was left; see built/record/refused.parquet" in built.stderr


@pytest.mark.slow
def test_default_output_is_below_output_path(site, run_command):
    built = run_command("build", "--selection", "main", "--jobs", "1", "--quiet")
    assert built.stdout.startswith(f"{site.folder / 'built' / 'main'}: train 40"), built.stderr
    assert run_command("verify", "built/main", "--quiet").returncode == 0
    with stores.open_for_writing(site.manifest) as store:
        store.execute("update selection set name = '../up'")
    refused = run_command("build", "--selection", "../up")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "'../up' cannot be the name of a folder: choose one with --output" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["build", "--selection", "mian", "--output", "x"], "no selection 'mian' in "),
        (["build", "--selection", "main", "--output", "source/new"], "source/new is inside the source 'pictures'"),
        (["build", "--selection", "main", "--output", "x", "--shard-size", "5XB"], "'5XB' is not a size"),
        (
            ["build", "--selection", "main", "--output", "x", "--format", "webdataset", "--image-feature", "large"],
            "--format webdataset cannot store --image-feature large: use standard",
        ),
        (["verify", "source"], "source holds no finished build"),
        (["finalize", "source", "x"], "name a folder that a build or 'save_to_disk' has written"),
        (["finalize", "source"], "Missing argument 'DST'"),
    ],
)
def test_wrong_input_is_one_line_and_status_two(run_command, arguments, words):
    done = run_command(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_printed_line_opens_the_build(site, run_command):
    """Parquet of LargeImage: stock readers open it once the feature is registered."""
    built = run_command("build", "--selection", "main", "--output", "built", "--format", "parquet", "--quiet")
    line = built.stdout.splitlines()[-1].strip()
    environment = {"PYTHONPATH": str(ROOT), "HF_DATASETS_CACHE": str(site.folder / "cache")}
    command = [sys.executable, "-c", f"{line}; print(dataset['train'][0]['image'].size)"]
    done = subprocess.run(command, cwd=site.folder, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "(24, 16)\n"), done.stderr


@pytest.mark.slow
def test_unknown_sizes_are_inspected_before_a_build(site, images, run_command):
    site.build("expected")
    site.manifest.unlink()
    (site.root / "pictures.zip").unlink()
    site.lay_out(images, "parquet")
    build = ("build", "--selection", "main", "--shard-size", "10KB", "--jobs", "1", "--quiet", "--output")
    refused = run_command(*build, "part", "--part", "1/2")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "run 'python -m indexer inspect main' first" in refused.stderr
    assert run_command(*build, "built").returncode == 0
    expected, built = tree(site.folder / "expected"), tree(site.folder / "built")
    assert {name for name in expected if built[name] != expected[name]} <= {"record/plan.json"}  # it names other limits


@pytest.mark.slow
def test_array_job_of_the_docs_builds_the_dataset(site, run_command):
    expected = site.build("expected")
    script = re.search(r"^```bash\n(.*?)^```$", (ROOT / "docs/cluster.md").read_text(), re.MULTILINE | re.DOTALL)[1]
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"],
        "SLURM_ARRAY_TASK_COUNT": "2",
        "SLURM_CPUS_PER_TASK": "1",
    }
    for task in ("1", "2"):
        done = subprocess.run(
            ["bash", "-c", script, "build.sh", "main", "parts"],
            cwd=site.folder, env={**environment, "SLURM_ARRAY_TASK_ID": task},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert f"part {task} of 2" in done.stdout
    done = run_command("build", "--selection", "main", "--output", "parts", "--complete")
    assert f"train {expected.splits['train']}, validation {expected.splits['validation']} images" in done.stdout
