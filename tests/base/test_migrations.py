"""Manifests of earlier schema versions are migrated; nothing in them is lost."""

import shutil
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from indexer.base.errors import ManifestError
from indexer.manifest import sandbox
from indexer.manifest import store as stores
from indexer.manifest.schema import SCHEMA_VERSION
from tests.support.processes import running

# The tables, macros and views that version 1 of the program created.
SCHEMA_1 = Path(__file__).with_name("schema_1.sql").read_text(encoding="utf-8")

# One container with four members: inspected, inspected and crashed, not derived, and one that is not inspected yet.
ROWS_1 = """
    insert into made_by values (1, '0.1.0');
    insert into container values
        (nextval('container_ids'), 'mine', 'a.7z', null, '7z', [{'path': 'a.7z', 'size': 9, 'mtime_ns': 1}], 9, 'f',
         'partial', 'damaged', 4, 4, null);
    insert into member
        select nextval('member_ids'), 1, i, 'a.7z', 'd/' || i || '.png', null, 10 + i, null, 'lzma2', i,
            case when i = 0 then 'slice' else 'pass' end, null, null, null
        from range(4) t(i);
    insert into finding values (1, null, 'reader-died', 'crashed its reader (SIGSEGV)');
    insert into attributes
        select member_id, 'mine', 'Mine/' || ordinal, 'Mine/train', '', 0, '', '', '', '', [], 'ok', null
        from member where ordinal <> 2;
    insert into underivable values (3, 'mine', 'unmatched', 'no rule matches d/2');
    insert into source_info values ('mine', 'Mine', 'MIT', 'none', 'https://example.org');
    insert into inspection values
        (1, 'abc', 10, 64, 48, 'JPEG', 'RGB', 92, 'q92', true, 'pixels', 17, 'ok', null),
        (2, null, null, null, null, null, null, null, null, null, null, null, 'died', 'crashed its reader (SIGSEGV)');
    insert into selection values
        ('best', 'train', 0, 'Mine/0', 'sampled', 'all', null), ('best', 'train', 1, 'Mine/3', 'spare', 'all', null);
    insert into selection_run values ('best', 'seed = 7', 'hash', '7');
    insert into selection_excluded values ('best', 'Mine/1', 'inspect', 'died');
"""
INSPECTED = "select file_id, status, hash, qtables_hash, access from manifest order by file_id"

Rows = list[tuple[object, ...]]


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """A manifest as version 1 left it."""
    path = tmp_path / "manifest.duckdb"
    with closing(duckdb.connect(str(path))) as connection:
        for statement in duckdb.extract_statements(SCHEMA_1 + ROWS_1):
            connection.execute(statement.query).fetchall()
    return path


def everything(path: Path) -> dict[str, Rows]:
    """Every row of every table, by a plain connection."""
    with closing(duckdb.connect(str(path), read_only=True)) as connection:
        tables = connection.execute("select table_name from duckdb_tables() order by all").fetchall()
        return {name: connection.execute(f"select * from {name} order by all").fetchall() for (name,) in tables}


def columns(connection: duckdb.DuckDBPyConnection) -> Rows:
    return connection.execute(
        "select table_name, column_index, column_name, data_type, is_nullable from duckdb_columns()"
        " where not internal and database_name = current_database() order by all"
    ).fetchall()


@pytest.mark.parametrize("opened", [stores.open_for_writing, stores.open_for_reading])
def test_inspections_and_selections_survive(manifest: Path, opened) -> None:
    before = everything(manifest)
    with opened(manifest) as store:
        assert store.execute(INSPECTED) == [
            ("Mine/0", "ok", "abc", "q92", "slice"),
            ("Mine/1", "crashed", None, None, "sequential"),
            ("Mine/3", "ok", None, None, "sequential"),
        ]
        assert store.execute("select code from finding union all select code from derivation_error order by code") == [
            ("reader-crashed",),
            ("unmatched",),
        ]
        assert store.execute("select reason from selection_excluded") == [("crashed",)]
        assert store.execute("select version from (select max(schema_version) as version from made_by)") == [
            (SCHEMA_VERSION,)
        ]
    after = everything(manifest)
    for table in ("container", "source_info", "selection"):
        assert len(after[table]) == len(before[table]) > 0
        assert [row[: len(old)] for row, old in zip(after[table], before[table], strict=True)] == before[table]
    assert after["attributes"] == [(*row, "real", None, None, None, None) for row in before["attributes"]]


def test_a_migrated_manifest_has_the_schema_of_a_new_one(manifest: Path, tmp_path: Path) -> None:
    with stores.open_for_writing(manifest) as store:
        migrated = columns(store.connection)
    with stores.open_for_writing(tmp_path / "new.duckdb") as store:
        assert columns(store.connection) == migrated


def test_a_second_opening_changes_nothing(manifest: Path) -> None:
    stores.open_for_reading(manifest).close()
    content = manifest.read_bytes()
    stores.open_for_reading(manifest).close()
    assert manifest.read_bytes() == content


# Open each manifest in a process that is forked before any thread runs, and kill it before a certain statement.
KILLED = """
import os, signal, sys
from pathlib import Path
from indexer.manifest import schema, store

left = 0

class Connection:
    def __init__(self, connection):
        self.connection = connection

    def execute(self, statement, *parameters):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.connection.execute(statement, *parameters)

    def __getattr__(self, name):
        return getattr(self.connection, name)

connect = store.connect
store.connect = lambda *given, **named: Connection(connect(*given, **named))
for path in map(Path, sys.argv[1:]):
    child = os.fork()
    if not child:
        left = int(path.stem)
        store.open_for_writing(path).close()
        os._exit(0)
    print(os.waitpid(child, 0)[1], flush=True)
"""


@pytest.mark.slow
def test_a_killed_migration_changes_nothing(manifest: Path, tmp_path: Path) -> None:
    """Kill the process before its first statement, before its seventh, and so on, until it ends by itself."""
    before = everything(manifest)
    copies = [tmp_path / f"{statements}.duckdb" for statements in range(1, 150, 6)]
    for copy in copies:
        shutil.copy(manifest, copy)
    run = subprocess.run([sys.executable, "-c", KILLED, *copies], stdout=subprocess.PIPE, text=True, check=True)
    statuses = [int(line) for line in run.stdout.split()]
    assert statuses.count(signal.SIGKILL) > 8
    assert statuses[-1] == 0
    for copy, status in zip(copies, statuses, strict=True):
        after = everything(copy)
        if "derivation_error" in after:  # committed: the process ended, or the kill was before the checkpoint
            assert after["made_by"][-1][0] == SCHEMA_VERSION
        else:
            assert (status, after) == (signal.SIGKILL, before)
    for copy in (copies[0], copies[6], copies[-1]):  # a later command completes it
        with stores.open_for_reading(copy) as store:
            assert len(store.execute(INSPECTED)) == 3


def test_a_newer_manifest_is_refused_with_both_versions(manifest: Path) -> None:
    with closing(duckdb.connect(str(manifest))) as connection:
        connection.execute("insert into made_by values (99, '7.1.0')").fetchall()
    content = manifest.read_bytes()
    expected = rf"has schema version 99 \(written by image-manifest 7\.1\.0\).* schema versions up to {SCHEMA_VERSION}:"
    for opened in (stores.open_for_reading, stores.open_for_writing):
        with pytest.raises(ManifestError, match=expected):
            opened(manifest)
    assert manifest.read_bytes() == content


def test_a_manifest_in_use_is_not_migrated(manifest: Path) -> None:
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(manifest)]
    with running(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdout is not None
        reader.stdout.readline()
        expected = rf"has schema version 1 and must be migrated to version {SCHEMA_VERSION}.*PID {reader.pid}"
        with pytest.raises(ManifestError, match=expected) as caught:
            stores.open_for_reading(manifest)
        assert "\n" not in str(caught.value)
        reader.communicate()


def test_an_index_of_the_users_stops_the_migration_with_one_line(manifest: Path) -> None:
    with closing(duckdb.connect(str(manifest))) as connection:
        connection.execute("create index mine on inspection (quantisation)").fetchall()
    before = everything(manifest)
    with pytest.raises(
        ManifestError, match=r"cannot be migrated from schema version 1 to .*, and is unchanged"
    ) as caught:
        stores.open_for_writing(manifest)
    assert "\n" not in str(caught.value)
    assert everything(manifest) == before


OUTDATED = "create or replace view manifest as select file_id, 'old' as status from attributes"


def test_stored_views_are_replaced_on_a_writing_open(manifest: Path) -> None:
    stores.open_for_writing(manifest).close()
    with closing(duckdb.connect(str(manifest))) as connection:
        connection.execute(OUTDATED).fetchall()
    stores.open_for_writing(manifest).close()
    with closing(duckdb.connect(str(manifest), read_only=True)) as connection:  # as DuckDB's shell opens it
        assert len(connection.execute(INSPECTED).fetchall()) == 3


def test_a_read_only_open_uses_current_views(manifest: Path) -> None:
    stores.open_for_writing(manifest).close()
    with stores.open_for_reading(manifest) as store:
        tables = [name for (name,) in store.execute("show tables")]
        assert len(tables) == len(set(tables))
    with closing(duckdb.connect(str(manifest))) as connection:
        connection.execute(OUTDATED).fetchall()
    content = manifest.read_bytes()
    with stores.open_for_reading(manifest) as store:
        assert len(store.execute(INSPECTED)) == 3
        with store.second_connection() as other:
            assert len(other.execute(INSPECTED)) == 3
    with sandbox.query(manifest, INSPECTED, sandbox.QueryLimits()) as result:
        assert sum(batch.num_rows for batch in result.batches) == 3
    assert manifest.read_bytes() == content


def test_inspections_of_images_with_exif_are_outdated(manifest: Path) -> None:
    with stores.open_for_writing(manifest) as store:
        query = "select hash, width, phash, pixel_hash, status, outdated from inspection where member_id = 1"
        assert store.execute(query) == [("abc", None, None, None, "ok", True)]
