"""Output in a terminal of 80 columns: elided tables, short help, -h, lists of what is here."""

import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pytest
from click.shell_completion import ShellComplete, get_completion_class
from rich.console import Console

import indexer.__main__
import materializer.__main__
from indexer.cli.printing import elision, render
from indexer.cli.running import program, shells
from tests.cli.conftest import ROOT, Run


def test_columns_in_the_middle_are_elided() -> None:
    rows = pa.table({f"column{number}": ["value" * 3, "x"] for number in range(20)})
    shown, left_out = elision.elided(rows, 80)
    assert left_out == 20 - (shown.num_columns - 1)
    assert shown.column_names[0] == "column0"
    assert shown.column_names[-1] == "column19"
    assert shown.column_names.count("…") == 1
    assert sum(len("value" * 3) + 3 for _ in shown.column_names[1:]) <= 80
    assert elision.elided(rows.select([0, 1]), 80) == (rows.select([0, 1]), 0)


def test_long_values_are_cut_and_numbers_stay_numbers() -> None:
    rows = pa.table({"text": ["x" * 200], "number": [7], "none": pa.array([None], pa.string())})
    shown, left_out = elision.elided(rows, 80)
    assert (left_out, shown["text"][0].as_py(), shown["number"][0].as_py()) == (0, "x" * 39 + "…", 7)
    assert shown.schema.field("number").type == pa.int64()


def test_more_columns_are_shown_with_less_of_each() -> None:
    maps = pa.array([[("class", "1_fake"), ("folder", "ADM/1_fake")]], pa.map_(pa.string(), pa.string()))
    forever = pa.array([2**31 - 1], pa.date32())  # DuckDB's infinity, which Python lacks
    wide = {f"wide{number}": ["x" * 99] for number in range(9)}
    rows = pa.table({"file_id": ["f" * 14], "source": ["cnn"], **wide, "until": forever, "extra": maps})
    shown, left_out = elision.elided(rows, 80)
    assert left_out == len(rows.column_names) - (shown.num_columns - 1)
    assert (shown["file_id"][0].as_py(), shown["wide0"][0].as_py()) == ("f" * 14, "x" * 12 + "…")
    assert shown["extra"][0].as_py() == '{"class": "1…'
    assert render.table_width(shown) <= 80


def test_one_column_is_always_shown() -> None:
    shown, left_out = elision.elided(pa.table({"a": ["x" * 200], "b": ["y" * 200]}), 20)
    assert (shown.column_names[0], left_out) == ("a", 1)


def test_a_table_that_does_not_fit_shows_whole_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "console", lambda: Console(width=40, highlight=False))
    rows = pa.table({"name": ["a"], "missing": ["0"], "file": ["folder/" * 6 + "1.png"], "left": [0], "empty": [""]})
    text = render.table_text(rows)
    assert "…" not in text
    assert "1.png" in text
    assert "empty" not in text
    assert max(map(len, text.splitlines())) <= 40
    assert render.table_text(rows.select(["name", "left", "empty"])).split()[:3] == ["name", "left", "empty"]


def test_sql_fits_into_a_terminal(manifest: Path) -> None:
    try:
        parent, child = pty.openpty()
    except OSError:
        pytest.skip("pseudo-terminals are not available: /dev/pts is not mounted")
    settings = {**os.environ, "COLUMNS": "80", "TERM": "xterm", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "indexer", "sql", "from manifest order by file_id limit 2"]
    command += ["--manifest-db", str(manifest)]
    done = subprocess.run(command, stdout=child, stderr=subprocess.PIPE, env=settings, text=True, check=False)
    os.close(child)
    text = os.read(parent, 1 << 16).decode()
    os.close(parent)
    assert "GenImage/0" in text
    assert max(len(re.sub(r"\x1b\[[\d;]*m", "", line)) for line in text.splitlines()) <= 80
    assert "do not fit; --vertical shows all" in done.stderr


def test_vertical_prints_every_column(run: Run, manifest: Path) -> None:
    done = run("sql", "select file_id, label, hash from manifest order by 1 limit 2", "--vertical")
    assert done.stdout.splitlines()[:4] == [
        "── row 1 " + "─" * 20,
        "file_id  GenImage/0",
        "  label  1",
        "   hash  NULL",
    ]
    assert run("sql", "select 1", "--vertical", "--format", "csv").returncode == 2


@pytest.mark.parametrize("arguments", [["-h"], ["sql", "-h"]])
def test_h_is_help(run: Run, arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: ")


@pytest.mark.parametrize("called", [indexer.__main__, materializer.__main__])
def test_summaries_of_commands_fit_into_80_columns(run: Run, called: ModuleType) -> None:
    done = run("--help", program=str(called.__package__))
    assert "..." not in done.stdout.split("Commands:")[1]


def test_sources_lists_what_is_here(run: Run, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.png").write_bytes(b"x")
    run("scan", "set")
    listed = run("sources").stdout
    assert " set " in listed
    assert " genimage " not in listed
    assert "other declared sources are not here: 'sources --all' lists them" in listed
    assert " genimage " in run("sources", "--all").stdout


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("scan", "--source", "genim"), ["genimage", "genimage_pp"]),
        (("stats", "fi"), ["first"]),
        (("drop", ""), ["first"]),
        (("sources", "nothing"), []),
        (("fetch", "coc"), ["coco"]),
        (("select", "bal"), ["balanced", "bal"]),
    ],
)
def test_names_of_sources_and_selections_are_completed(
    manifest: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], found: list[str]
) -> None:
    monkeypatch.chdir(manifest.parent)
    group = program.LazyGroup(package="indexer", modules=indexer.__main__.COMMANDS)
    complete = ShellComplete(group, {}, "indexer", "_INDEXER_COMPLETE")
    assert [item.value for item in complete.get_completions(list(words[:-1]), words[-1])] == found


_COMPLETE = """
eval "$(_MATERIALIZER_COMPLETE=bash_source "$PYTHON" -m materializer)"
compopt() { :; }
complete_words() {
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _image_manifest_completion "$1" "${COMP_WORDS[COMP_CWORD]}"
    echo "${COMPREPLY[*]}"
}
complete_words "$PYTHON" -m indexer stats fi
complete_words "$PYTHON" -m materializer build --selection fi
complete_words "$PYTHON" -m indexer select man
complete_words "$PYTHON" script.py ind
complete -p python materializer
"""


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_bash_completes_python_m(manifest: Path) -> None:
    settings = {**os.environ, "PYTHON": sys.executable, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", _COMPLETE], cwd=manifest.parent, env=settings, capture_output=True, text=True, check=True
    )
    completed = "complete -o bashdefault -o default -o nosort -F _image_manifest_completion"
    lines = ["first", "first", "manifest.duckdb", "", f"{completed} python", f"{completed} materializer"]
    assert done.stdout.splitlines() == lines
    assert done.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_complete_both_programs(shell: str) -> None:
    shells.register()
    made = get_completion_class(shell)
    assert made
    group = program.LazyGroup(package="indexer", modules={})
    assert "`python -m materializer`" in made(group, {}, "indexer", "_INDEXER_COMPLETE").source()
