"""Inspection of candidates in folders and archives."""

import io
import os
import shutil
import tarfile
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from PIL import Image

from indexer.base.errors import RecipeError, SourceError
from indexer.base.workers import Workers
from indexer.images import ImageLimits
from indexer.manifest import store as stores
from indexer.scanning import ScanOptions, scan
from indexer.selection import inspecting
from indexer.selection import recipe as recipes
from indexer.selection.by_recipe import select
from indexer.selection.inspecting import Inspector, inspect_again, inspect_all, inspect_rows
from indexer.selection.working_tables import working_tables
from tests.support.slow_image import slow_jpeg


def test_loose_file_with_a_name_that_is_not_utf8_is_inspected(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    (root / os.fsdecode(b"caf\xe9.png")).write_bytes(picture.getvalue())
    with stores.open_for_writing(tmp_path / "m.duckdb") as store:
        scan(store, {"mine": root}, (), ScanOptions(Workers(jobs=1)))
        with working_tables(store):
            store.save_query("work.pool", "select member_id from member")
            assert Inspector({"mine": root}, Workers(jobs=1))(store) == 1
        assert store.execute("select status, width from inspection") == [("ok", 8)]


def test_outdated_inspection_is_renewed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.png").write_bytes(_picture(8))
    with stores.open_for_writing(tmp_path / "m.duckdb") as store, working_tables(store):
        scan(store, {"mine": root}, (), ScanOptions(Workers(jobs=1)))
        store.execute("insert into inspection by name select member_id, 'ok' as status, true as outdated from member")
        store.save_query("work.pool", "select member_id from member")
        assert Inspector({"mine": root}, Workers(jobs=1))(store) == 1
        assert store.execute("select status, width, outdated from inspection") == [("ok", 8, None)]


def test_unmounted_disk_stores_no_inspection(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.png").write_bytes(_picture(8))
    with stores.open_for_writing(tmp_path / "m.duckdb") as store, working_tables(store):
        scan(store, {"mine": root}, (), ScanOptions(Workers(jobs=1)))
        store.save_query("work.pool", "select member_id from member")
        (root / "a.png").unlink()
        with pytest.raises(SourceError, match="is missing or empty: restore it, or scan its new path"):
            Inspector({"mine": root}, Workers(jobs=1))(store)
        assert store.count("inspection") == 0


def test_all_images_or_those_of_a_query_are_inspected_once(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    for name in "abc":
        (root / f"{name}.png").write_bytes(_picture(8))
    inspector = Inspector({"mine": root}, Workers(jobs=1))
    with stores.open_for_writing(tmp_path / "m.duckdb") as store:
        scan(store, {"mine": root}, (), ScanOptions(Workers(jobs=1)))
        store.execute(FAKES.replace("name as file_id", "path as file_id"))
        rows = pa.table({"file_id": ["b.png", "b.png", "new.png", None]})
        assert inspect_rows(store, rows, inspector) == (1, 2, "new.png")
        assert store.execute("select path from inspection join member using (member_id)") == [("b.png",)]
        assert inspect_all(store, inspector) == 2
        assert inspect_all(store, inspector) == 0
        assert store.execute("select count(*), count(distinct member_id) from inspection") == [(3, 3)]


FAKES = """
    insert into attributes by name
    select member_id, 'mine' as source, name as file_id, 'o' as origin, 'A' as generator, 1 as label, '' as description,
        '' as positive_prompt, '' as negative_prompt, '' as conditioning, [] as paired_real_images, 'ok' as status
    from member
"""
RECIPE = """
    seed = 1
    per_generator = 4
    when_short = "drop"
    split = { train = 1.0 }
    images = { max_pixels = 100_000_000 }
    duplicates = { radius = -1 }
    photographs = { per_fake = 0.0 }
"""


def _picture(side: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (side, side)).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _overwrite(file: Path, data: bytes) -> None:
    """Other bytes, under the size and the time that the file had: what a failing disk gives."""
    found = file.stat()
    file.write_bytes(data)
    os.utime(file, ns=(found.st_atime_ns, found.st_mtime_ns))


@pytest.mark.slow
def test_failed_inspections_are_kept_until_repeated(tmp_path: Path) -> None:
    root, archive = tmp_path, tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name, side in (("0.png", 300), ("1.png", 301), ("2.png", 302)):
            file.writestr(name, _picture(side))
        file.writestr("slow.jpg", slow_jpeg(4_000))
    good = archive.read_bytes()
    patient = Inspector({"mine": root}, Workers(jobs=1))
    hasty = replace(patient, image_limits=ImageLimits(seconds=0.5))
    statuses, recipe = "select status, count(*) from inspection group by all order by all", recipes.parse(RECIPE)
    with stores.open_for_writing(tmp_path / "m.duckdb") as store:
        scan(store, {"mine": archive}, (), ScanOptions(Workers(jobs=1)))
        store.execute(FAKES)
        _overwrite(archive, good[:100] + bytes(10) + good[110:])
        with pytest.raises(RecipeError, match="too few usable images of 'A'"):
            select(store, recipe, "mine", hasty)
        assert store.execute(statuses) == [("crashed", 1), ("ok", 2), ("unreadable", 1)]
        _overwrite(archive, good)
        with pytest.raises(RecipeError, match="too few usable images of 'A'"):  # the same manifest, the same choice
            select(store, recipe, "mine", patient)
        assert store.execute(statuses) == [("crashed", 1), ("ok", 2), ("unreadable", 1)]
        assert inspect_again(store, patient) == 2
        assert store.execute(statuses) == [("ok", 4)]
        mended = select(store, recipe, "mine", patient)
        assert (mended.inspected, mended.counts) == (0, (("train", "sampled", 4),))
        assert inspect_again(store, patient) == 0, "what was read is not read again"


@pytest.mark.slow
def test_paging_inspects_every_member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspecting, "_PAGE", 3)
    for name in "abcde":
        (tmp_path / f"root/{name}").mkdir(parents=True)
        (tmp_path / f"root/{name}/1.png").write_bytes(_picture(ord(name)))
    root = tmp_path / "root"
    for packed in [shutil.make_archive(str(tmp_path / "x"), kind, root) for kind in ("zip", "gztar")]:
        shutil.move(packed, root)
    with stores.open_for_writing(tmp_path / "m.duckdb") as store, working_tables(store):
        scan(store, {"mine": root}, (), ScanOptions(Workers(jobs=1)))
        store.save_query("work.pool", "select member_id from member")
        assert Inspector({"mine": root}, Workers(jobs=2))(store) == 15
        found = store.execute("select width, count(*), min(status) from inspection group by all order by all")
    assert found == [(ord(name), 3, "ok") for name in "abcde"]


def test_members_to_inspect_are_not_held_in_memory(tmp_path: Path) -> None:
    many = 100_000
    (tmp_path / "file").write_bytes(b"1")
    with stores.open_for_writing(tmp_path / "m.duckdb") as store, working_tables(store):
        store.execute(
            "insert into container by name select 1 as container_id, 'mine' as source, 'gone.zip' as path,"
            " 'zip' as kind, [{'path': 'gone.zip', 'size': 1, 'mtime_ns': 1}] as volumes, 1 as size, '' as fingerprint,"
            " 'complete' as status, 1 as listed"
        )
        store.execute(
            "insert into member by name select range as member_id, 1 as container_id, range as ordinal,"
            " 'zip' as access, 'gone.zip' as path,"
            f" 'some/folder/' || range || '.png' as name, range as \"offset\" from range({many})"
        )
        store.save_query("work.pool", "select member_id from member")
        tracemalloc.start()
        with pytest.raises(SourceError):
            Inspector({"mine": tmp_path}, Workers(jobs=1))(store)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < many * 400, "a row as a dictionary takes more than a kilobyte"


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_crash_on_one_image_costs_no_other(tmp_path: Path, jobs: int) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz", compresslevel=1) as archive:
        for number, data in enumerate((_picture(8), _picture(9), slow_jpeg(20_000), _picture(10), _picture(11))):
            header = tarfile.TarInfo(f"{number}.png")
            header.size = len(data)
            archive.addfile(header, io.BytesIO(data))
    inspector = Inspector({"mine": tmp_path}, Workers(jobs=jobs), image_limits=ImageLimits(seconds=0.5))
    with stores.open_for_writing(tmp_path / "m.duckdb") as store, working_tables(store):
        scan(store, {"mine": tmp_path / "a.tar.gz"}, (), ScanOptions(Workers(jobs=1)))
        store.save_query("work.pool", "select member_id from member")
        assert inspector(store) == 5
        found = store.execute("select status from inspection i join member using (member_id) order by ordinal")
    assert found == [("ok",), ("ok",), ("crashed",), ("ok",), ("ok",)]
