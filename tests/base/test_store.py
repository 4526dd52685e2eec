import subprocess
import sys
from contextlib import closing

import duckdb
import pyarrow as pa
import pytest

from indexer.base.errors import ManifestError
from indexer.manifest import store as stores


def test_a_new_file_has_the_schema_and_an_empty_manifest(tmp_path):
    with stores.open_for_writing(tmp_path / "new" / "m.duckdb") as store:
        assert store.count("manifest") == 0
    with stores.open_for_reading(tmp_path / "new" / "m.duckdb") as store:
        assert store.count("selection") == 0


def test_no_manifest_says_to_scan(tmp_path):
    with pytest.raises(ManifestError, match="run 'python -m indexer scan' first"):
        stores.open_for_reading(tmp_path / "m.duckdb")


def test_another_schema_version_is_refused(tmp_path):
    file = tmp_path / "m.duckdb"
    with stores.open_for_writing(file) as store:
        store.execute("update made_by set schema_version = 99")
    with pytest.raises(ManifestError, match="made by schema version 99, this program reads"):
        stores.open_for_reading(file)


def test_a_foreign_database_is_refused(tmp_path):
    file = tmp_path / "m.duckdb"
    with closing(duckdb.connect(str(file))) as connection:
        connection.execute("create table t as select 1").fetchall()
    with pytest.raises(ManifestError, match="not a manifest"):
        stores.open_for_writing(file)


def test_a_file_that_a_killed_run_had_only_begun_is_made_whole(tmp_path):
    file = tmp_path / "m.duckdb"
    duckdb.connect(str(file)).close()
    with stores.open_for_writing(file) as store:
        assert store.count("manifest") == 0


def test_a_file_that_is_no_database_is_refused(tmp_path):
    file = tmp_path / "m.duckdb"
    file.write_bytes(b"not a database" * 1000)
    with pytest.raises(ManifestError, match="cannot be opened as a manifest"):
        stores.open_for_reading(file)


def test_a_second_writer_is_told_who_has_the_file(tmp_path):
    file = tmp_path / "m.duckdb"
    code = (
        "import sys, pathlib; from indexer.manifest.store import open_for_writing;"
        "store = open_for_writing(pathlib.Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
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
