"""`indexer sql` queries the manifest in every format, and has no other access."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet
import pytest

from indexer.base.errors import QueryError
from indexer.manifest import sandbox
from tests.cli.conftest import Run

COUNTS = "select origin, generator, count(*) as images from manifest group by all order by all"


def test_table(run: Run, manifest: Path) -> None:
    done = run("sql", COUNTS, "--manifest-db", manifest)
    assert done.returncode == 0
    assert done.stderr == ""
    assert [line.split() for line in done.stdout.splitlines() if "/" in line] == [["GenImage/train", "ADM", "8"]]


def test_formats_have_equal_rows(run: Run, manifest: Path, tmp_path: Path) -> None:
    rows = [("COCO2017_val", "", 4), ("GenImage/train", "ADM", 8)]
    outputs = {
        form: run("sql", COUNTS, "--manifest-db", manifest, "--format", form) for form in ("json", "csv", "markdown")
    }
    assert [tuple(row.values()) for row in json.loads(outputs["json"].stdout)] == rows
    assert outputs["csv"].stdout == "origin,generator,images\nCOCO2017_val,,4\nGenImage/train,ADM,8\n"
    assert "| GenImage/train | ADM | 8 |" in outputs["markdown"].stdout
    output = tmp_path / "rows.parquet"
    assert run("sql", COUNTS, "--manifest-db", manifest, "--format", "parquet", "--output", output).returncode == 0
    assert [tuple(row.values()) for row in pyarrow.parquet.read_table(output).to_pylist()] == rows
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manifest.duckdb", "rows.parquet"]


@pytest.mark.slow
def test_values_that_python_lacks_are_texts(run: Run, manifest: Path) -> None:
    query = "select [timestamp 'infinity'] as a, date '99999-01-01' as b, 'nan'::float as c"
    for form in ("table", "csv", "markdown", "json"):
        done = run("sql", query, "--manifest-db", manifest, "--format", form)
        assert (done.returncode, "out of range" in done.stdout) == (0, True), done.stderr
    assert json.loads(done.stdout, parse_constant=pytest.fail)[0]["c"] == "nan"


def test_maps_are_objects(run: Run, manifest: Path) -> None:
    query = "select map {'folder': 'a', 'class': 'b'} as extra, map() as none, null::map(int, int) as missing"
    assert '{"folder": "a", "class": "b"}   {}     NULL' in run("sql", query, "--manifest-db", manifest).stdout
    done = run("sql", query, "--manifest-db", manifest, "--format", "json")
    assert json.loads(done.stdout) == [{"extra": {"folder": "a", "class": "b"}, "none": {}, "missing": None}]


def test_a_device_or_pipe_is_written_and_not_replaced(run: Run, manifest: Path, tmp_path: Path) -> None:
    """A renamed file would replace /dev/null for all programs."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert run("sql", COUNTS, "--manifest-db", manifest, "--output", pipe, "--format", "csv").returncode == 0
    assert os.read(reader, 100).startswith(b"origin,generator,images")
    assert pipe.is_fifo()
    os.close(reader)


@pytest.mark.parametrize(
    ("name", "form"), [("rows.csv", "csv"), ("rows.JSON", "json"), ("rows.md", "markdown"), ("rows", "table")]
)
def test_suffix_selects_the_format(run: Run, manifest: Path, tmp_path: Path, name: str, form: str) -> None:
    assert run("sql", COUNTS, "--manifest-db", manifest, "--output", tmp_path / name).returncode == 0
    assert (tmp_path / name).read_text() == run("sql", COUNTS, "--manifest-db", manifest, "--format", form).stdout


def test_an_existing_output_needs_force(run: Run, manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("precious")
    arguments = ("sql", COUNTS, "--manifest-db", manifest, "--output", tmp_path / "rows.csv")
    refused = run(*arguments)
    assert (refused.returncode, refused.stderr) == (
        2, f"error: {tmp_path}/rows.csv exists: name another file, or replace it with --force\n",
    )  # fmt: skip
    assert (tmp_path / "rows.csv").read_text() == "precious"
    assert run(*arguments, "--force").returncode == 0
    assert (tmp_path / "rows.csv").read_text().startswith("origin,generator,images")


def test_parquet_goes_to_a_pipe(manifest: Path) -> None:
    command = [sys.executable, "-m", "indexer", "sql", COUNTS, "--manifest-db", str(manifest), "--format", "parquet"]
    data = subprocess.run(command, capture_output=True, check=True).stdout
    assert pyarrow.parquet.read_table(pyarrow.BufferReader(data)).num_rows == 2


@pytest.mark.parametrize("form", ["table", "markdown", "json"])
def test_values_do_not_control_the_terminal(run: Run, manifest: Path, form: str) -> None:
    query = "select positive_prompt as \"p\x1b[2J\" from manifest where positive_prompt <> ''"
    done = run("sql", query, "--manifest-db", manifest, "--format", form)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr
    if form == "json":
        assert json.loads(done.stdout)[0].popitem() == ("p\x1b[2J", "a \x1b[31mred\x1b[0m | *cat*")


def test_json_of_no_rows_is_a_list(run: Run, manifest: Path) -> None:
    assert run("sql", "select 1 where false", "--manifest-db", manifest, "--format", "json").stdout == "[]\n"


def test_all_types_have_a_text(run: Run, manifest: Path) -> None:
    query = (
        "select sum(label) as s, 'ab'::blob as b, {'k': [1, null]} as t, null as n, 1.5 as d, date '2024-01-02' as y"
        " from manifest"
    )
    done = run("sql", query, "--manifest-db", manifest, "--format", "json")
    (row,) = json.loads(done.stdout)
    assert row == {"s": 8, "b": "6162", "t": {"k": [1, None]}, "n": None, "d": 1.5, "y": "2024-01-02"}


@pytest.mark.parametrize(
    "query", ["describe manifest", "summarize member", "show tables", "explain select 1", "from member"]
)
def test_other_read_statements(run: Run, manifest: Path, query: str) -> None:
    assert run("sql", query, "--manifest-db", manifest).returncode == 0


FORBIDDEN = {
    "read a file": "select * from read_csv('/etc/passwd')",
    "read a file as text": "select * from read_text('/etc/passwd')",
    "read a file by its name": "select * from '/etc/passwd'",
    "list a folder": "select * from glob('/etc/*')",
    "sniff a file": "select * from sniff_csv('/etc/passwd')",
    "write a file": "copy member to '{folder}/stolen.csv'",
    "export": "export database '{folder}/stolen'",
    "attach another database": "attach '{folder}/other.duckdb'",
    "install an extension": "install httpfs",
    "load an extension": "load httpfs",
    "read the environment": "select getenv('HOME')",
    "read Python's variables": "select * from connection",
    "change a setting": "set enable_external_access = true",
    "change the manifest": "delete from member",
    "make a table": "create temp table t as select 1",
    "two statements": "select 1; select 2",
    "a pragma": "pragma database_list",
    "nothing": "",
    "a typo": "selec 1",
}  # fmt: skip


@pytest.mark.parametrize("query", FORBIDDEN.values(), ids=FORBIDDEN)
def test_all_other_statements_are_refused(run: Run, manifest: Path, tmp_path: Path, query: str) -> None:
    before = manifest.read_bytes()
    done = run("sql", query.format(folder=tmp_path), "--manifest-db", manifest)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manifest.duckdb"]
    assert manifest.read_bytes() == before


def test_python_variables_are_not_tables(manifest: Path) -> None:
    rows = pyarrow.table({"a": [1]})  # a replacement scan would find this
    with pytest.raises(QueryError, match="rows"), sandbox.query(manifest, "select * from rows", sandbox.QueryLimits()):
        assert rows


def test_endless_query_is_stopped(run: Run, manifest: Path) -> None:
    endless = "with recursive t(i) as (select 1 union all select i + 1 from t) select count(*) from t"
    done = run("sql", endless, "--manifest-db", manifest, "--timeout", "0.5")
    assert done.returncode == 2
    assert "--timeout" in done.stderr


def test_query_over_the_memory_limit_is_refused(run: Run, manifest: Path) -> None:
    greedy = "select list(i) from range(300_000_000) r(i)"
    done = run("sql", greedy, "--manifest-db", manifest, "--memory", "64")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_closest_table_is_suggested(run: Run, manifest: Path) -> None:
    done = run("sql", "select * from manifst", "--manifest-db", manifest)
    assert done.stderr == "error: Catalog Error: Table with name manifst does not exist! Did you mean 'manifest'?\n"


def test_long_table_is_cut_with_a_message(run: Run, manifest: Path) -> None:
    done = run("sql", "select i from range(200_000) r(i)", "--manifest-db", manifest)
    assert done.returncode == 0
    assert "--format csv" in done.stderr
    assert len(done.stdout.splitlines()) < 1_010


def test_many_rows_are_streamed(run: Run, manifest: Path) -> None:
    done = run("sql", "select i from range(200_000) r(i)", "--manifest-db", manifest, "--format", "csv")
    assert done.stdout.count("\n") == 200_001


def test_error_while_rows_are_printed_is_reported(run: Run, manifest: Path) -> None:
    late = "select if(i = 190_000, error('too late'), i) as n from range(200_000) r(i)"
    done = run("sql", late, "--manifest-db", manifest, "--format", "csv")
    assert done.returncode == 2
    assert "too late" in done.stderr
