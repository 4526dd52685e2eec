"""Open a manifest, write to it in transactions, keep tables outside it."""

import subprocess
import sys
from contextlib import closing
from socket import gethostname

import duckdb
import pyarrow as pa
import pytest

from indexer.base.errors import ConfigError, ManifestError
from indexer.manifest import store as stores
from indexer.settings.session import Session
from tests.support.processes import running


def test_a_new_file_has_the_schema_and_an_empty_manifest(tmp_path):
    with stores.open_for_writing(tmp_path / "new" / "m.duckdb") as store:
        assert store.count("manifest") == 0
    with stores.open_for_reading(tmp_path / "new" / "m.duckdb") as store:
        assert store.count("selection") == 0


def test_a_missing_manifest_is_reported(tmp_path):
    with pytest.raises(ManifestError, match="run 'python -m indexer scan' first"):
        stores.open_for_reading(tmp_path / "m.duckdb")


def test_another_programs_database_is_refused(tmp_path):
    file = tmp_path / "m.duckdb"
    with closing(duckdb.connect(str(file))) as connection:
        connection.execute("create table t as select 1").fetchall()
    with pytest.raises(ManifestError, match="not a manifest"):
        stores.open_for_writing(file)


@pytest.mark.parametrize("name", ["work.duckdb", "Work.v2.duckdb", "own_tables.db", "which?.duckdb"])
def test_a_name_that_duckdb_takes_for_another_database_is_refused(tmp_path, name):
    with pytest.raises(ManifestError, match="rename it"):
        stores.open_for_writing(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_database_of_a_killed_run_gets_the_schema(tmp_path):
    file = tmp_path / "m.duckdb"
    duckdb.connect(str(file)).close()
    with stores.open_for_writing(file) as store:
        assert store.count("manifest") == 0


def test_a_file_that_is_not_a_database_is_refused(tmp_path):
    file = tmp_path / "m.duckdb"
    file.write_bytes(b"not a database" * 1000)
    with pytest.raises(ManifestError, match="cannot be opened as a manifest"):
        stores.open_for_reading(file)


def test_a_second_writer_is_refused_with_the_first_ones_pid(tmp_path):
    file = tmp_path / "m.duckdb"
    code = (
        "import sys, pathlib; from indexer.manifest.store import open_for_writing;"
        "store = open_for_writing(pathlib.Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    with running([sys.executable, "-c", code, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(ManifestError, match=f"open in another program, .*{holder.pid}"):
            stores.open_for_writing(file)
        holder.communicate()


def test_a_failed_transaction_leaves_nothing(tmp_path):
    rows = pa.table({"name": ["a"], "recipe": ["r"], "recipe_hash": ["h"], "seed": ["1"]})
    with stores.open_for_writing(tmp_path / "m.duckdb") as store:
        with pytest.raises(ZeroDivisionError):
            _fail_after_insert(store, rows)
        assert store.count("selection_run") == 0
        with store.transaction():
            store.insert("selection_run", rows)
        assert store.count("selection_run") == 1


def _fail_after_insert(store, rows):
    with store.transaction():
        store.insert("selection_run", rows)
        raise ZeroDivisionError


@pytest.fixture
def manifest(tmp_path):
    """A file whose name has quotes, with one row."""
    path = tmp_path / """it's "mine".duckdb"""
    with stores.open_for_writing(path) as store:
        run = {"name": ["mine"], "recipe": ["recipe"], "recipe_hash": ["hash"], "seed": ["7"]}
        store.insert("selection_run", pa.table(run))
    return path


@pytest.mark.slow
def test_temporary_tables_leave_no_files_and_no_rows(manifest, tmp_path):
    scratch = tmp_path / "it's scratch"
    with stores.open_for_reading(manifest) as store:
        store.temp_tables_in(scratch)
        store.temp_tables_in(scratch)
        assert store.save_temporary("mine", "plan/selection_run", {"selection": "mine"}) == 1
        store.execute("insert into mine select 'other', repeat(md5(i::varchar), 9) from range(300000) t(i)")
        store.execute("update mine set seed = '8' where seed = '7'")
        store.view_temporary("of_mine", "selections")
        assert store.execute("select recipe_hash, seed from mine where seed = '8'") == [("hash", "8")]
        assert list(scratch.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([manifest.name, scratch.name])
    with stores.open_for_reading(manifest) as store:
        assert not store.execute("from duckdb_tables() where table_name = 'mine'")


def test_a_writer_with_temporary_tables_leaves_no_log_beside_the_manifest(manifest, tmp_path):
    with stores.open_for_writing(manifest) as store:
        store.temp_tables_in(tmp_path / "scratch")
        store.save_temporary("mine", "plan/selection_run", {"selection": "mine"})
        store.execute("update selection_run set seed = '9'")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([manifest.name, "scratch"])
    with stores.open_for_reading(manifest) as store:
        assert store.execute("select seed from selection_run") == [("9",)]


def test_temporary_files_of_a_killed_process_are_removed(manifest, tmp_path):
    left = tmp_path / f"tables-{gethostname()}-0.duckdb"
    left.touch()
    with stores.open_for_reading(manifest) as store:
        store.temp_tables_in(tmp_path)
    assert not left.exists()


@pytest.mark.slow
def test_the_database_spills_to_the_scratch_folder_of_the_configuration(tmp_path):
    scratch = tmp_path / "fast disk" / "scratch"
    keys = ("input_datasets_path", "output_path", "intermediate_outputs_path")
    lines = [*(f"{key} = {tmp_path / key}" for key in keys), f"tmp_cache_dir = {scratch}"]
    config = tmp_path / "local.cfg"
    config.write_text("\n".join(["[paths]", *lines, "[database]", "memory = 40MB", "threads = 1", ""]))
    with Session(config).writing() as store:
        store.execute("create temp table t as select i, md5(i::varchar) as text from range(2_000_000) r(i)")
        assert [path.parent for path in scratch.glob("duckdb-*.tmp/*")]
        assert store.execute("select count(distinct text) from t") == [(2_000_000,)]
    assert list(scratch.iterdir()) == []


def test_an_unusable_scratch_folder_is_reported(manifest, tmp_path):
    (tmp_path / "scratch").touch()
    with stores.open_for_reading(manifest) as store, pytest.raises(ConfigError, match=r"scratch cannot be written to"):
        store.temp_tables_in(tmp_path / "scratch")
