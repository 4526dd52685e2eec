import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.base.errors import ManifestError, OutputError, RecipeError
from indexer.sharing import export as exporting
from indexer.sharing.export import export
from indexer.sharing.importing import import_manifest
from indexer.sharing.models import ImportOptions, MissingPolicy
from tests.sharing.conftest import IMAGES, image


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_export_has_rows_counts_lists_and_a_readme(lab, tmp_path):
    head = export(lab("one"), "main", tmp_path / "out")
    assert head.rows == {"train": {"sampled": 8, "spare": 3}, "validation": {"sampled": 3}}
    rows = pq.read_table(tmp_path / "out" / "files.parquet")
    assert rows.num_rows == len(IMAGES)
    assert not {"path", "member", "container_id"} & set(rows.column_names)
    ids = (tmp_path / "out" / "file_ids" / "train_fake_file_ids.txt").read_text(encoding="utf-8").splitlines()
    assert ids == [row["file_id"] for row in IMAGES[:8]]
    assert head.contents["all"] in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


def test_insertion_order_has_no_effect_on_an_export(lab, tmp_path):
    export(lab("one"), "main", tmp_path / "a")
    export(lab("two", images=IMAGES[::-1], packed="elsewhere/other.zip"), "main", tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_lot_size_has_no_effect(lab, tmp_path, monkeypatch):
    export(lab("one"), "main", tmp_path / "a")
    monkeypatch.setattr(exporting, "LOT_ROWS", 3)
    export(lab("two"), "main", tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_digest_covers_every_column(lab, tmp_path):
    digests = {export(lab("same"), "main", tmp_path / "out").digests["all"]}
    changes = ("description = 'x'", "label = 0", "paired_real_images = ['RAISE/r', '1']", "conditioning = 'text'")
    for number, change in enumerate(changes):
        store = lab(f"lab{number}")
        store.execute(f"update attributes set {change} where member_id = 5")
        digests.add(export(store, "main", tmp_path / f"out{number}").digests["all"])
    assert len(digests) == len(changes) + 1


def test_images_without_a_hash_are_reported_by_origin(lab, tmp_path):
    with pytest.raises(ManifestError, match=r"could not be read \(Synth 1\)"):
        export(lab("one", images=[*IMAGES, image(99, "train", "sampled", hashed=False)]), "main", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_unusable_spares_are_not_exported(lab, tmp_path):
    store = lab("one")
    store.execute("update inspection set status = 'truncated' where member_id = 12")
    assert export(store, "main", tmp_path / "out").rows["train"] == {"sampled": 8, "spare": 2}
    imported = import_manifest(lab("two"), tmp_path / "out", "theirs", ImportOptions(MissingPolicy.FAIL))
    assert (imported.selected, imported.unfilled) == (11, 0)
    store.execute("update inspection set status = 'truncated' where member_id = 3")
    with pytest.raises(ManifestError, match=r"could not be read \(Synth 1\)"):
        export(store, "main", tmp_path / "other")


def test_existing_folder_is_unchanged(lab, tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(OutputError, match="exists: name another folder"):
        export(lab("one"), "main", tmp_path / "out")


def test_unknown_selection_is_an_error_with_the_known_names(lab, tmp_path):
    with pytest.raises(RecipeError, match=r"no selection 'mian' in .*: did you mean 'main'\?"):
        export(lab("one"), "mian", tmp_path / "out")


@pytest.mark.slow
def test_360_000_rows_stay_below_60_megabytes_for_any_number_of_threads(lab, tmp_path):
    store = lab("big", images=[])
    store.execute(
        "insert into selection select 'main', 'train', i, 'Artifact/star_gan/star/stargan/Blond_Hair/img' || i,"
        " 'sampled', 'ADM', null from range(360000) r(i)"
    )
    store.execute("insert into member by name select i as member_id, 1 as container_id, i as ordinal, 'a.zip' as path,"
                  " 50000 + i % 70001 as size, 'zip' as access from range(360000) r(i)")  # fmt: skip
    store.execute(
        "insert into attributes select i, 'synth', 'Artifact/star_gan/star/stargan/Blond_Hair/img' || i, 'O', 'G', 1,"
        " '', 'a photograph of ' || md5(i::varchar), '', 'text', ['COCO2017_train/' || i], 'ok', null,"
        " 'synthetic', null, null, null, null from range(360000) r(i)"
    )
    store.execute(
        "insert into inspection by name select i as member_id, sha256(i::varchar) as hash, 'ok' as status"
        " from range(360000) r(i)"
    )
    for threads in (1, 4):
        store.execute(f"set threads = {threads}")
        export(store, "main", tmp_path / f"out{threads}")
    assert contents(tmp_path / "out1") == contents(tmp_path / "out4")
    assert (tmp_path / "out1" / "files.parquet").stat().st_size < 60_000_000
    assert pa.parquet.read_metadata(tmp_path / "out1" / "files.parquet").num_rows == 360_000
