"""A query changes no file and reads no other one, also when one line of defence is missing."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.api.rows import run_query
from indexer.base.errors import ManifestError, QueryError
from indexer.manifest import sandbox, schema
from indexer.manifest import store as stores
from indexer.manifest.sandbox_query import SETTINGS
from indexer.manifest.sandbox_statements import checked_select
from indexer.manifest.stored_code import catalog_of
from tests.cli.conftest import ROOT, Run
from tests.cli.sql_attacks import ATTACKS, WRITING

State = dict[str, str]


def state(folder: Path) -> State:
    """Return the digest of each file below a folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def filled(attack: str, manifest: Path) -> str:
    """Return an attack with the paths of a manifest."""
    return attack.format(manifest=manifest, folder=manifest.parent, alias=manifest.stem)


Check = Callable[[str], str]


@pytest.fixture
def check(manifest: Path) -> Check:
    """Return the check of a statement's parsed form; nothing is executed."""
    connection = duckdb.connect(str(manifest), read_only=True, config=SETTINGS)
    schema.use_current_views(connection)
    catalog = catalog_of(connection)
    return lambda text: checked_select(connection, text, catalog)


def test_parsed_form_of_each_attack_is_refused(check: Check, manifest: Path) -> None:
    accepted = []
    for attack in ATTACKS:
        try:
            check(filled(attack, manifest))
            accepted.append(attack)
        except (QueryError, duckdb.ParserException):
            continue
    assert accepted == []


@pytest.mark.parametrize("attack", [ATTACKS[at] for at in range(0, len(ATTACKS), 4)])
def test_attack_is_refused_in_one_line_and_changes_nothing(run: Run, manifest: Path, attack: str) -> None:
    before = state(manifest.parent)
    done = run("sql", filled(attack, manifest), "--manifest-db", manifest)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert state(manifest.parent) == before


@pytest.mark.parametrize(
    "query",
    [
        "-- a comment\nselect 1; -- another",
        "(select 1)",
        "values (1), (2)",
        "from member select path",
        "table member",
        "with recursive t as (select 1 as i union all select i + 1 from t where i < 3) from t",
        "select * from member join manifest using (member_id)",
        "select t.unnest from unnest([1, 2]) t",
        "pivot member on access using count(*)",
        "from (pivot member on access using count(*) group by path)",
        "with gone as (from member) pivot gone on access using count(*) -- é",
        "explain pivot member on access using count(*)",
        "unpivot (select 1 as a, 2 as b) on a, b",
        "explain (format json) select 1",
        "/* é */ explain /* ü */ select 'é'",
        "describe select 1",
        "summarize manifest",
        "select * from (describe member)",
        "show all tables",
        "select 1 from main.member, manifest.main.member, manifest.member",
        "select * from pg_tables",
        'with "my table" as (from member) from "my table"',
        "pivot (from member where path not in ('a.b', 'c/d')) on access using count(*)",
        "select * from duckdb_columns() where table_name = 'member'",
        "select * from information_schema.tables",
    ],
)
def test_reading_statements_run(manifest: Path, check: Check, query: str) -> None:
    with duckdb.connect(str(manifest), read_only=True, config=SETTINGS) as connection:
        assert connection.execute(check(query)).fetchall()


# A process without the check of statements and without DuckDB's settings, which tries each statement of its input.
_UNCHECKED = """
import json, os, sys
from pathlib import Path
from indexer.manifest import sandbox_kernel
line, manifest = sys.argv[1:]
assert {"landlock": sandbox_kernel.landlock, "seccomp": sandbox_kernel.seccomp, "none": lambda: True}[line]()
import duckdb
for statement in json.load(sys.stdin):
    connection = duckdb.connect()
    try:
        connection.execute(statement).fetchall()
    except duckdb.Error:
        pass
for attempt in (lambda: os.truncate(manifest, 0), lambda: os.open(manifest, os.O_RDONLY | os.O_TRUNC),
                lambda: os.unlink(manifest), lambda: os.rename(manifest, manifest + "x"),
                lambda: os.mkdir(manifest + "d"), lambda: os.symlink(manifest, manifest + "l")):
    try:
        attempt()
    except OSError:
        pass
"""


def _unchecked(line: str, manifest: Path) -> None:
    folder = manifest.parent
    attempts = [
        f"copy (select 1) to '{manifest}' (use_tmp_file false)",
        f"explain analyze copy (select 1) to '{manifest}' (use_tmp_file false)",
        f"copy (select 1) to '{folder}/new.parquet'",
        f"export database '{folder}/new'",
        f"attach '{folder}/new.duckdb' as made",
        f"attach '{manifest}' as m; delete from m.member; checkpoint m",
        f"attach '{manifest}' as m (read_only)",
    ]
    command = [sys.executable, "-c", _UNCHECKED, line, str(manifest)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, input=json.dumps(attempts), text=True, check=True, env=environment, timeout=120)


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are of Linux")
@pytest.mark.parametrize("line", ["landlock", "seccomp"])
def test_each_line_of_the_kernel_is_enough_alone(manifest: Path, line: str) -> None:
    available = subprocess.run(
        [sys.executable, "-c", f"from indexer.manifest import sandbox_kernel as k; raise SystemExit(not k.{line}())"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    if available.returncode:
        pytest.skip(f"this kernel has no {line}")
    before = state(manifest.parent)
    _unchecked(line, manifest)
    assert state(manifest.parent) == before


def test_without_any_line_the_same_attempts_change_the_manifest(manifest: Path) -> None:
    before = state(manifest.parent)
    _unchecked("none", manifest)
    assert state(manifest.parent) != before


# The child without the check of the parsed form, with one mechanism of the kernel or with none and a private copy.
_UNPARSED = """
import json, sys
from pathlib import Path
from indexer.manifest import sandbox_child, sandbox_kernel
from indexer.manifest.sandbox_job import Job
line, path = sys.argv[1:]
manifest = Path(path)
if line == "copy":
    sandbox_kernel.landlock = lambda readable=(): False
    manifest = sandbox_child.private_copy(manifest)
else:
    assert getattr(sandbox_kernel, line)()
from indexer.manifest import sandbox_query
import duckdb
connection = sandbox_query.connect(Job(0, path, 1000, 60.0, 1, 10), manifest)
for statement in json.load(sys.stdin):
    try:
        connection.execute(statement).fetchall()
    except (duckdb.Error, ValueError):
        pass
print(connection.execute("select count(*) from member").fetchall())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are of Linux")
@pytest.mark.parametrize("line", ["landlock", "seccomp", "copy"])
def test_files_are_safe_without_the_check_of_the_parsed_form(manifest: Path, line: str) -> None:
    before = state(manifest.parent)
    attempts = json.dumps([filled(attack, manifest) for attack in WRITING if "begin" not in attack])
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", _UNPARSED, line, str(manifest)]
    done = subprocess.run(command, input=attempts, text=True, capture_output=True, env=environment, check=False)
    assert done.stdout == "[(12,)]\n", done.stderr
    assert state(manifest.parent) == before


def test_child_can_open_no_file_after_the_manifest(manifest: Path) -> None:
    script = _UNPARSED.split("connection =", maxsplit=1)[0] + (
        "sandbox_query.connect(Job(0, path, 1000, 60.0, 1, 10), manifest)\n"
        "for other in (path, '/etc/passwd', '/proc/self/environ'):\n"
        "    try: print(open(other, 'rb').read(1))\n"
        "    except OSError: print('refused')\n"
    )
    command = [sys.executable, "-c", script, "landlock", str(manifest)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, text=True, capture_output=True, env=environment, check=False)
    if done.returncode and "AssertionError" in done.stderr:
        pytest.skip("this kernel has no Landlock")
    assert done.stdout == "refused\n" * 3, done.stderr


FOREIGN = {
    "a view that reads a file": (
        "create view holiday as select * from read_text('/etc/hostname')", "from holiday"),
    "a view of a view": (
        "create view first as from duckdb_settings(); create view second as from first", "from second"),
    "a macro that reads a file": (
        "create macro peek() as table select * from read_text('/etc/hostname')", "from peek()"),
    "a macro that reads settings": (
        "create macro peek(x) as (select count(*) from duckdb_settings())", "select peek(1)"),
    "an overloaded macro": (
        "create macro peek(x) as (select count(*) from duckdb_settings()), (x, y) as 1", "select peek(1)"),
    "a macro named as a function": (
        "create macro lower(x) as (select count(*) from duckdb_settings())", "select lower('A')"),
    "a view named as a table": (
        "drop table member cascade; create view member as select * from read_text('/etc/hostname')", "from member"),
    "a view named as ours, with our comment": (
        "create or replace view manifest as select * from read_text('/etc/hostname');"
        " comment on view manifest is '{digest}'", "from manifest"),
    "a macro in a pivot": (
        "create macro peek() as table select * from read_text('/etc/hostname')",
        "pivot (from peek()) on filename using first(content)"),
}  # fmt: skip


@pytest.mark.parametrize(("made", "query"), FOREIGN.values(), ids=FOREIGN)
def test_views_and_macros_of_others_are_refused(manifest: Path, made: str, query: str) -> None:
    with duckdb.connect(str(manifest)) as connection:
        connection.execute(made.format(digest=schema.definitions()[2]))
    before = state(manifest.parent)
    with pytest.raises(QueryError) as refused, sandbox.query(manifest, query, sandbox.QueryLimits()):
        pass
    assert "\n" not in str(refused.value)
    assert state(manifest.parent) == before


STORED = {
    "a view that names a file": "drop table source_info; create view source_info as select * from '{file}'",
    "a view of a schema and a suffix": 'create table csv(a int); create or replace view manifest as from "{stem}".csv',
    "a name of WITH elsewhere": "create or replace view manifest as"
    ' select y.* from (with "{file}" as (select 1) from "{file}") x, "{file}" y',
    "a macro that names a file": "create macro peek(x) as (select max(b) from '{file}')",
    "a macro of a macro": "create macro first() as table from '{file}'; create macro second() as table from first()",
    "a macro in place of a function": "create macro md5(x) as 'the same'",
    "a macro in place of the list of functions": "create macro duckdb_functions() as table select 1 where false",
    "a macro in place of the parser": "create macro json_serialize_sql(x) as"
    """ '{{"error": false, "statements": [{{"type": "SELECT_NODE"}}]}}'; create macro peek() as table from '{file}'""",
    "a macro in place of a function of the check": "create macro lower(x) as 'x'; create macro MD5(x) as x",
    "one of several definitions": "create macro peek(x) as x, (x, y) as (select max(b) from '{file}')",
}  # fmt: skip


@pytest.mark.parametrize("made", STORED.values(), ids=STORED)
def test_manifest_whose_views_or_macros_read_files_is_not_opened(manifest: Path, tmp_path: Path, made: str) -> None:
    (tmp_path / "secret.csv").write_text("a,b\nsecret,1\n")
    with duckdb.connect(str(manifest)) as connection:
        connection.execute(made.format(file=tmp_path / "secret.csv", stem=tmp_path / "secret"))
    for opened in (stores.open_for_reading, stores.open_for_writing):
        with pytest.raises(ManifestError, match="holds a view or macro"):
            opened(manifest)


@pytest.mark.parametrize(
    "query",
    [
        'select y.* from (with "{file}" as (select 1 z) from "{file}") x, "{file}" y',
        'select y.* from (with csv as (select 1 z) from csv) x, "{stem}".csv y',
        "pivot '{file}' on b using count(*)",
        "pivot (select s.* from member, '{file}' s) on b using count(*)",
        "pivot secret.csv on b using count(*)",
    ],
)
def test_query_of_this_process_reads_no_file(
    manifest: Path, tmp_path: Path, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret.csv").write_text("a,b\nsecret,1\n")
    monkeypatch.chdir(tmp_path)
    text = query.format(file=tmp_path / "secret.csv", stem=tmp_path / "secret")
    with stores.open_for_reading(manifest) as store, pytest.raises(QueryError) as refused:
        run_query(store, text, {})
    assert "\n" not in str(refused.value)


def test_harmless_view_of_the_user_is_read(manifest: Path) -> None:
    with duckdb.connect(str(manifest)) as connection:
        connection.execute("create view mine(name) as select path from member; create macro twice(x) as x * 2")
    with sandbox.query(manifest, "select name, twice(1) from mine", sandbox.QueryLimits()) as result:
        assert sum(batch.num_rows for batch in result.batches) == 12


def test_environment_of_the_child_has_no_secrets(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with sandbox.query(manifest, "from range(200_000)", sandbox.QueryLimits()):
        [child] = _children(os.getpid())
        assert b"secret" not in Path(f"/proc/{child}/environ").read_bytes()


def test_output_is_limited(manifest: Path) -> None:
    limits = sandbox.QueryLimits(output=1)
    with pytest.raises(QueryError, match="bytes"), sandbox.query(manifest, "from range(10_000_000)", limits) as result:
        list(result.batches)


def test_further_tables_are_read_only(manifest: Path, tmp_path: Path) -> None:
    listed = tmp_path / "mine.csv"
    listed.write_text("file_id,weight\nGenImage/1,5\n")
    before = state(tmp_path)
    query = "select weight from manifest join mine using (file_id)"
    with sandbox.query(manifest, query, sandbox.QueryLimits(), {"mine": listed}) as result:
        assert [row for batch in result.batches for row in batch.to_pylist()] == [{"weight": 5}]
    for attack in (f"copy mine to '{listed}' (use_tmp_file false)", f"from '{listed}'"):
        with (
            pytest.raises(QueryError),
            sandbox.query(manifest, attack, sandbox.QueryLimits(), {"mine": listed}) as result,
        ):
            list(result.batches)
    assert state(tmp_path) == before


_ENDLESS = "with recursive t(i) as (select 1 union all select i + 1 from t) select count(*) from t"


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_query_ends_with_its_parent(manifest: Path) -> None:
    command = [sys.executable, "-m", "indexer", "sql", _ENDLESS, "--manifest-db", str(manifest)]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}) as parent:
        child = _first_child(parent.pid)
        time.sleep(1)
        parent.send_signal(signal.SIGKILL)
    until = time.monotonic() + 2
    while time.monotonic() < until and (_runs(child) or _is_locked(manifest)):
        time.sleep(0.02)
    assert not _runs(child)
    with stores.open_for_writing(manifest) as opened:  # the query's lock is gone
        assert opened.count("member") == 12


def _is_locked(manifest: Path) -> bool:
    """Return whether the file is open for writing elsewhere: threads of a killed process end after its first one."""
    try:
        stores.open_for_writing(manifest).connection.close()
    except ManifestError:
        return True
    return False


def _children(process: int) -> list[int]:
    return [int(one) for path in Path(f"/proc/{process}/task").glob("*/children") for one in path.read_text().split()]


def _first_child(process: int) -> int:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        for child in _children(process):
            if b"sandbox_child" in Path(f"/proc/{child}/cmdline").read_bytes():
                return child
        time.sleep(0.02)
    raise AssertionError("the query did not start")


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


_SOURCES = st.sampled_from(
    ["member", "(select 1 as access)", "(pivot member on access using count(*))", "range(3)", "read_text('{manifest}')",
     "'{manifest}'", "duckdb_settings()", "(from member)", "(describe member)"]
)  # fmt: skip
_BEGINNINGS = st.lists(
    st.sampled_from(
        ["explain", "explain analyze", "explain (analyze)", "explain (format json)", "/* é */",
         "with t as (from member)",
         "with t as (delete from member returning *)", "copy (", "create or replace temp table x as", "prepare p as",
         "describe", "summarize", "insert into made_by", "(", ");", "from"]
    ),
    max_size=4,
)  # fmt: skip
_BODIES = st.sampled_from(
    ["select * from {0}", "from {0}", "pivot {0} on access using count(*)", "table member", "{0}"]
)
_ENDS = st.lists(
    st.sampled_from(
        [")", "to '{manifest}' (use_tmp_file false)", "to '{folder}/new.csv'", "(format parquet)", "; select 1",
         "; delete from member", "limit 1", "-- end", "union all select 1", "as t"]
    ),
    max_size=4,
)  # fmt: skip


@pytest.mark.slow
def test_no_combination_changes_a_file(manifest: Path, check: Check) -> None:
    before = state(manifest.parent)
    accepted = 0

    @settings(max_examples=2_000, deadline=None, suppress_health_check=list(HealthCheck))
    @given(_BEGINNINGS, _BODIES, _SOURCES, _ENDS)
    def attempt(beginnings: list[str], body: str, source: str, ends: list[str]) -> None:
        nonlocal accepted
        text = filled(" ".join([*beginnings, body.format(source), *ends]), manifest)
        try:
            statement = check(text)
        except (QueryError, duckdb.Error):
            return
        accepted += 1
        code = statement.split("--")[0]  # without the comment
        words = code.lower().split()
        assert not {"analyze", "copy", "create", "insert", "delete", "prepare"}.intersection(words)
        assert "read_text" not in code
        # Writable, with access to files: what the check accepts changes nothing by itself.
        with duckdb.connect() as connection:
            connection.execute("create table member as select 'file' as access")
            try:
                connection.execute(statement).fetchall()
            except duckdb.Error:
                return

    attempt()
    assert accepted > 100
    assert state(manifest.parent) == before


MACROS = [made for name, (made, _) in FOREIGN.items() if "macro" in name or "named" in name]


@pytest.mark.parametrize("made", MACROS)
def test_no_command_uses_views_and_macros_of_others(run: Run, manifest: Path, made: str) -> None:
    with duckdb.connect(str(manifest)) as connection:
        connection.execute(made.format(digest=schema.definitions()[2]))
    before = state(manifest.parent)
    done = run("stats", "--manifest-db", manifest)
    assert (done.returncode, done.stdout) == (2, "")
    assert "reads more than tables" in done.stderr
    assert done.stderr.count("\n") == 1
    with pytest.raises(ManifestError, match="reads more than tables"):
        stores.open_for_writing(manifest)
    assert state(manifest.parent) == before
