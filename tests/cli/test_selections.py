"""The commands select --sql, selections, drop: output and exit status."""

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.support.worlds import photographs, world

PAGE = Path(__file__).parents[2] / "docs" / "selection.md"

FAKES = "select file_id from manifest where label = 1 and status = 'ok'"


def test_query_is_selected_listed_shown_and_dropped(run: Run, manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "fakes.SQL").write_text(f"{FAKES};\n")
    database = ("--manifest-db", manifest)
    shares = ("--split", "train=0.5", "--split", "validation=0.5")
    made = run("select", "--sql", "fakes.SQL", "--sample", 6, *shares, "--group", "generator || file_id", *database)
    assert (made.returncode, made.stderr) == (0, "")
    assert "Its rows, also in the DuckDB shell:\n  select split, role, file_id from selection where" in made.stdout
    again = run("select", "--sql", FAKES, "--name", "fakes", *database)
    assert again.returncode == 2
    assert "there is a selection 'fakes'" in again.stderr
    assert run("select", "--sql", FAKES, "--name", "fakes", "--force", *database).returncode == 0
    [first, second] = json.loads(run("selections", "--format", "json", *database).stdout)
    assert (first["name"], first["images"], first["splits"], first["made_from"]) == ("fakes", 7, "train 7", "query")
    assert (second["name"], second["splits"], second["made_from"]) == ("first", "train 4, validation 4", None)
    assert f"query: {FAKES}" in run("selections", *database).stdout
    shown = run("stats", "fakes", *database)
    assert f'sql = "{FAKES}"' in shown.stdout
    assert run("drop", "fakes", *database).stdout.startswith("selection 'fakes' removed (7 images)")
    assert run("drop", "fakes", *database).returncode == 2


def test_too_small_samples_and_unusable_images_exit_with_1(run: Run, manifest: Path) -> None:
    made = run("select", "--sql", "from manifest", "--sample", 100, "--name", "all", "--manifest-db", manifest)
    assert made.returncode == 1
    assert "1 images that the query returns are unknown or unusable" in made.stderr
    assert "the sample has 11 images instead of 100" in made.stderr
    assert "unreadable" in made.stdout


def test_wrong_options_are_one_line(run: Run, manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("file_id\na\n")
    for arguments, message in (
        (("--sql", FAKES), "--sql needs --name"),
        (("--sql", "missing.sql", "--name", "x"), "missing.sql cannot be read as a query"),
        (("--sql", FAKES, "--name", "x", "--split", "train"), "write it as NAME=FRACTION"),
        (("--sql", FAKES, "--name", "x", "--table", "a b=c.csv"), "write it as NAME=FILE"),
        (("--sql", FAKES, "--name", "x", "--table", "member=t.csv"), "the manifest has a table member"),
        (("--sql", FAKES, "--name", "x", "--table", "t=absent.csv"), "absent.csv cannot be read as a table"),
        (("demo", "--sample", "5"), "belong to --sql"),
    ):
        done = run("select", *arguments, "--manifest-db", manifest)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert message in done.stderr


def test_select_before_a_scan_makes_no_manifest(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "m.duckdb"
    for arguments in (("--sql", FAKES, "--name", "x"), ("ai_gen_bench_v1", "--no-inspect")):
        done = run("select", *arguments, "--manifest-db", path)
        assert (done.returncode, done.stderr) == (
            2,
            f"error: no manifest at {path}: run 'python -m indexer scan' first\n",
        )
    assert not path.exists()


@pytest.mark.slow
def test_selections_of_the_documentation_work(run: Run, tmp_path: Path) -> None:
    pictures = [
        *photographs("COCO2017_val", 30, format="JPEG", side=640),
        *photographs("COCO2017_train", 20, format="JPEG", side=640),
    ]
    with world(tmp_path / "m.duckdb", pictures) as store:
        store.execute("update attributes set description = repeat('word ', 10) || member_id // 2")
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    commands = []
    for block in blocks[:3]:
        commands += [
            shlex.split(one.replace("\\\n", " "))[3:]
            for one in re.split(r"^(?=python)", block, flags=re.M)
            if one.strip()
        ]
    for command in commands:
        done = run(*command, "--manifest-db", tmp_path / "m.duckdb")
        assert (done.returncode, done.stderr) == (0, ""), command
    listed = json.loads(run("selections", "--format", "json", "--manifest-db", tmp_path / "m.duckdb").stdout)
    assert [(row["name"], row["splits"]) for row in listed] == [
        ("by_origin", "train 20, validation 30"), ("large_jpegs", "train 16, validation 4"), ("rated", "train 50"),
    ]  # fmt: skip
