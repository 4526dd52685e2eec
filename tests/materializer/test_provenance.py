"""Builds and exports name the files upstream that their images are from."""

import json

from indexer.base.workers import Workers
from indexer.declarations import load
from indexer.images import ImageLimits
from indexer.manifest import store as stores
from indexer.scanning import ScanOptions, scan
from indexer.sharing.export import export
from materializer.dataset.convert import finalize
from materializer.models import Request
from materializer.running.build import build
from tests.scanning.test_upstream import ONE, A, cached, zip_of

HERE = Workers(1, "threading")


def test_files_of_a_hub_cache_are_named_with_revision_and_hash(tmp_path):
    repository = tmp_path / "hub"
    (tmp_path / "mine.toml").write_text("[[rule]]\npath = 'data/[^/]+'\nlabel = \"real\"\n")
    cached(repository, A, "data.zip", ONE, zip_of(tmp_path, 1))
    (repository / "other.zip").write_bytes(zip_of(tmp_path, 2).replace(b"data/a.png", b"data/b.png"))
    with stores.open_for_writing(tmp_path / "m.duckdb") as store:
        scan(store, {"mine": repository}, load([tmp_path]), ScanOptions(Workers(jobs=1)))
        store.execute(
            "insert into selection by name select 'all' as name, 'train' as split, file_id, 'listed' as role,"
            " '' as stratum, row_number() over (order by file_id) - 1 as position from attributes"
        )
        store.execute(
            "insert into selection_run by name select 'all' as name, '' as recipe, '' as recipe_hash, '7' as seed"
        )
        assert store.count("selection") == 2
        roots = {"mine": repository}
        request = Request("all", tmp_path / "out", roots, tmp_path / "scratch", image_limits=ImageLimits())
        build(store, request, HERE)
        store.execute(
            "insert into inspection by name select member_id, 'ok' as status, sha256('x') as hash from member"
            " where member_id not in (select member_id from inspection)"
        )
        export(store, "all", tmp_path / "export")
    finalize(tmp_path / "out", tmp_path / "standard", None, HERE)
    for folder in ("out", "standard"):
        derived = json.loads((tmp_path / folder / "croissant.json").read_text())["prov:wasDerivedFrom"]
        assert [(one["name"], one["version"], one["sha256"]) for one in derived] == [("mine/data.zip", A, ONE)]
    sources = json.loads((tmp_path / "export/manifest.json").read_text())["sources"]
    assert sources["mine"]["files"] == [{"path": "/data.zip", "revision": A, "hash": f"sha256:{ONE}"}]
