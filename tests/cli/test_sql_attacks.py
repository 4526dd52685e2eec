"""A query changes no file and reads no other one: the check of its parsed form."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.api.rows import run_query
from indexer.base.errors import QueryError
from indexer.manifest import schema
from indexer.manifest import store as stores
from indexer.manifest.sandbox_query import SETTINGS
from indexer.manifest.sandbox_statements import checked_select
from indexer.manifest.statement_names import REFUSED_FUNCTIONS
from indexer.manifest.stored_code import catalog_of
from tests.cli.conftest import Run, state
from tests.cli.sql_attacks import ATTACKS, filled

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
        "pivot member on year(current_date) || access, (path, member_id) using count(*) as n, max(size) group by path",
        "pivot member on access in (select 'random'), case when size > 1 then 'a, b' else ')' end -- x",
        "pivot (select 1 as a) m join (select 1 as c, 'x' as b) n on a = c on b using count(*) limit 3; ",
        "pivot member m left join (select 1 as a) n on left(m.path, 1) = 'a' full outer join (select 2 as b) o on a = b"
        " on access, left(path, 1) using count(*)",
        "pivot (select m.access from member m join member n on m.size = n.size, (select 1) t) on access using count(*)",
        "with t as (select 1 as a), p as (pivot t on a), q as (from p) from q, t union all by name pivot_wider t on a",
        "from histogram(member, size)",
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


def test_functions_with_side_effects_are_refused_or_harmless() -> None:
    """A new version of DuckDB may have further ones."""
    harmless = {
        "current_connection_id", "current_query", "current_query_id", "current_transaction_id", "error",
        "gen_random_uuid", "random", "setseed", "sleep_ms", "stats", "uuid", "uuidv4", "uuidv7", "vector_type",
    }  # fmt: skip
    found = duckdb.sql("select function_name from duckdb_functions() where has_side_effects").fetchall()
    assert {name for (name,) in found} <= harmless | REFUSED_FUNCTIONS


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
