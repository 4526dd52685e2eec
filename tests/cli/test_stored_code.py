"""Views and macros that others have stored in a manifest are refused if they read files, or are not used."""

import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from indexer.base.errors import ManifestError, QueryError
from indexer.manifest import connecting, sandbox, schema
from indexer.manifest import store as stores
from tests.cli.conftest import Run, state

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
    "a column that reads settings": (
        """create table holiday(a int, b varchar as (("Current_Setting" ('threads'))))""", "from holiday"),
    "a column that calls such a macro": (
        "create macro peek(x) as current_setting('threads'); create table holiday(a int, b varchar as (peek(a)))",
        "select (select max(b) from holiday)"),
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
    "a column that plans a query of a file": "drop table source_info; create table source_info(source varchar,"
    """ name varchar as (json_serialize_plan('from read_csv("{file}")')))""",
    "one of several definitions": "create macro peek(x) as x, (x, y) as (select max(b) from '{file}')",
}  # fmt: skip


@pytest.mark.parametrize("made", STORED.values(), ids=STORED)
def test_manifest_whose_views_or_macros_read_files_is_not_opened(manifest: Path, tmp_path: Path, made: str) -> None:
    (tmp_path / "secret.csv").write_text("a,b\nsecret,1\n")
    with duckdb.connect(str(manifest)) as connection:
        connection.execute(made.format(file=tmp_path / "secret.csv", stem=tmp_path / "secret"))
    for opened in (stores.open_for_reading, stores.open_for_writing):
        with pytest.raises(ManifestError, match=r"holds a view, macro or table \w+"):
            opened(manifest)


def test_manifest_with_a_trigger_is_not_opened(manifest: Path, tmp_path: Path) -> None:
    """It would run when a step writes to the table."""
    copy = tmp_path / "copy.duckdb"
    with duckdb.connect() as connection:
        connection.execute(
            f"attach '{manifest}' as one; attach '{copy}' as two (storage_version 'v2.0.0');"
            " copy from database one to two; use two; create trigger peek after insert on finding for each statement"
            " insert into made_by select 99, content from read_text('/etc/hostname')"
        )
    before = state(tmp_path)
    for opened in (stores.open_for_reading, stores.open_for_writing):
        with pytest.raises(ManifestError, match="holds a trigger peek"):
            opened(copy)
    assert state(tmp_path) == before


def test_harmless_view_of_the_user_is_read(manifest: Path) -> None:
    with duckdb.connect(str(manifest)) as connection:
        connection.execute("create view mine(name) as select path from member; create macro twice(x) as x * 2")
    with sandbox.query(manifest, "select name, twice(1) from mine", sandbox.QueryLimits()) as result:
        assert sum(batch.num_rows for batch in result.batches) == 12


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


@pytest.mark.parametrize(("nanoseconds", "stored"), [(-(10**18), 1), (10**18, 0)])
def test_only_the_check_of_a_file_without_recent_changes_is_kept(
    manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nanoseconds: int, stored: int
) -> None:
    """A second change at the same rounded time would leave the state as it is."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(connecting, "_CHECKED", set())
    monkeypatch.setattr(connecting, "_SETTLED_NS", nanoseconds)
    stores.open_for_reading(manifest).close()
    assert len(list(tmp_path.glob("cache/*/manifest-*"))) == stored


def test_a_file_that_changed_after_its_check_is_checked_again(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check of an unchanged file is remembered, also by later commands; times of change can be forged."""
    stores.open_for_reading(manifest).connection.close()
    before = manifest.stat()
    with duckdb.connect(str(manifest)) as connection:
        connection.execute("create macro md5(x) as 'the same'")
    os.utime(manifest, ns=(before.st_atime_ns, before.st_mtime_ns))
    for known in (connecting._CHECKED, {(None, None)}):  # of this command, and of a later one
        monkeypatch.setattr(connecting, "_CHECKED", known)
        with pytest.raises(ManifestError, match="holds a view, macro or table md5"):
            stores.open_for_reading(manifest)


@pytest.fixture
def later_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], None]:
    """Forget what this process knows about manifests, but not the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def forget() -> None:
        monkeypatch.setattr(connecting, "_CHECKED", set())
        monkeypatch.setattr(connecting, "_CURRENT", set())

    forget()
    return forget


def test_current_views_and_macros_are_not_written_again(manifest: Path, later_command: Callable[[], None]) -> None:
    stores.open_for_writing(manifest).close()
    before = manifest.stat()
    for opened in (stores.open_for_writing, stores.open_for_reading, stores.open_for_writing):
        later_command()
        opened(manifest).close()
        after = manifest.stat()
        assert (after.st_mtime_ns, after.st_size) == (before.st_mtime_ns, before.st_size)


CHANGES = {
    "a macro": "create or replace macro clean_path(path) as 'other'",
    "a view": "create or replace view manifest as select 1 as one",
    "a missing view": "drop view raw_file",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changed_views_and_macros_are_replaced(manifest: Path, later_command: Callable[[], None], change: str) -> None:
    stores.open_for_writing(manifest).close()
    content = "select path, clean_path('a//b') from raw_file join manifest using (member_id) order by all"
    with stores.open_for_reading(manifest) as store:
        before = store.execute(content)
    with duckdb.connect(str(manifest)) as connection:
        connection.execute(change)
    later_command()
    stores.open_for_writing(manifest).close()
    with duckdb.connect(str(manifest), read_only=True) as connection:
        assert connection.execute(content).fetchall() == before


def test_macros_that_differ_in_the_case_of_a_text_are_replaced(
    manifest: Path, later_command: Callable[[], None]
) -> None:
    stores.open_for_writing(manifest).close()
    macros = [statement.query for statement in duckdb.extract_statements(schema.definitions()[0])]
    [changed] = [macro.replace("{:016x}", "{:016X}") for macro in macros if "{:016x}" in macro]
    look = "select look(255, null)"
    with duckdb.connect(str(manifest)) as connection:
        connection.execute(changed)
        assert connection.execute(look).fetchall() == [("00000000000000FF",)]
    later_command()
    with stores.open_for_writing(manifest) as store:
        assert store.execute(look) == [("00000000000000ff",)]


def test_a_newer_manifest_with_the_same_views_is_refused(manifest: Path, later_command: Callable[[], None]) -> None:
    stores.open_for_writing(manifest).close()
    with duckdb.connect(str(manifest)) as connection:
        connection.execute("insert into made_by values (99, '9.0')")
    for opened in (stores.open_for_reading, stores.open_for_writing):
        later_command()
        with pytest.raises(ManifestError, match="has schema version 99"):
            opened(manifest)
