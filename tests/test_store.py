"""Tables of a connection's own, in a file that nobody else sees."""

from socket import gethostname

import pytest

from indexer.base.errors import ConfigError
from indexer.manifest import store as stores


@pytest.fixture
def manifest(tmp_path):
    path = tmp_path / """it's "mine".duckdb"""
    with stores.open_for_writing(path) as store:
        store.execute("insert into selection_run values ('mine', 'recipe', 'hash', '7')")
    return path


def test_own_tables_leave_nothing_behind_and_the_manifest_alone(manifest, tmp_path):
    scratch = tmp_path / "it's scratch"
    with stores.open_for_reading(manifest) as store:
        store.temp_tables_in(scratch)
        store.temp_tables_in(scratch)
        assert store.save_temporary("mine", "plan/run", {"selection": "mine"}) == 1
        store.execute("insert into mine select 'other', repeat(md5(i::varchar), 9) from range(300000) t(i)")
        store.execute("update mine set seed = '8' where seed = '7'")
        store.view_temporary("of_mine", "selections")
        assert store.execute("select recipe_hash, seed from mine where seed = '8'") == [("hash", "8")]
        assert list(scratch.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([manifest.name, scratch.name])
    with stores.open_for_reading(manifest) as store:
        assert not store.execute("from duckdb_tables() where table_name = 'mine'")


def test_what_a_killed_process_left_is_cleared_away(manifest, tmp_path):
    left = tmp_path / f"tables-{gethostname()}-0.duckdb"
    left.touch()
    with stores.open_for_reading(manifest) as store:
        store.temp_tables_in(tmp_path)
    assert not left.exists()


def test_a_folder_that_cannot_be_written_to_is_named(manifest, tmp_path):
    (tmp_path / "scratch").touch()
    with stores.open_for_reading(manifest) as store, pytest.raises(ConfigError, match=r"scratch cannot be written to"):
        store.temp_tables_in(tmp_path / "scratch")
