from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.base.errors import ManifestError
from indexer.base.workers import Workers
from indexer.manifest import store as stores
from indexer.selection.by_list import select_listed
from indexer.selection.id_lists import read_lists
from indexer.selection.inspecting import Inspector, inspect_selection
from indexer.sharing.difference import difference
from indexer.sharing.export import export
from indexer.sharing.importing import import_manifest
from indexer.sharing.models import ImportOptions, Match, MissingPolicy
from tests.sharing.conftest import IMAGES
from tests.support import manifests


def chosen(store):
    query = "select split, position, file_id, role, substituted_for from selection order by all"
    return store.execute(query)


def test_complete_lab_gets_the_same_selection(lab, shared):
    store = lab("reader", packed="packed/otherwise.zip")
    expected = chosen(store)
    imported = import_manifest(store, shared, None, ImportOptions(MissingPolicy.FAIL))
    assert (imported.selected, imported.substituted, imported.unfilled) == (11, 0, 0)
    assert chosen(store) == expected


def test_pairs_of_a_matched_selection_are_imported(lab, tmp_path):
    pairs = [("Synth/000|é", "Synth/003|é"), ("Synth/001|é", "Synth/004|é")]
    writer, reader = lab("writer"), lab("reader", packed="packed/otherwise.zip")
    for fake, real in pairs:
        writer.execute("insert into selection_pair values ('main', $fake, $real)", {"fake": fake, "real": real})
    assert export(writer, "main", tmp_path / "shared").pairs
    reader.execute("update attributes set file_id = 'Other/1' where file_id = 'Synth/001|é'")  # found by its hash
    import_manifest(reader, tmp_path / "shared", "copy", ImportOptions(MissingPolicy.FAIL))
    assert reader.execute("from selection_pair order by all") == [
        ("copy", "Other/1", "Synth/004|é"), ("copy", "Synth/000|é", "Synth/003|é"),
    ]  # fmt: skip
    changed = pa.table({"fake_id": ["Synth/000|é"], "real_id": ["Synth/004|é"]})
    pq.write_table(changed, tmp_path / "shared/pairs.parquet")
    with pytest.raises(ManifestError, match=r"pairs\.parquet was changed after it was made"):
        import_manifest(reader, tmp_path / "shared", "again", ImportOptions(MissingPolicy.FAIL))


def test_replacing_an_imported_selection_removes_its_rows(lab, shared, tmp_path):
    store = lab("reader")
    import_manifest(store, shared, None, ImportOptions(MissingPolicy.FAIL))
    (tmp_path / "ids.txt").write_text("Synth/003|é\nnot here\n")
    select_listed(store, read_lists({"train": [tmp_path / "ids.txt"]}), "main")
    assert store.count("shared_row") == 0
    import_manifest(store, shared, None, ImportOptions(MissingPolicy.FAIL, force=True))
    assert store.count("selection_excluded") == 0


def test_missing_rows_are_reported_by_origin(lab, shared):
    store = lab("reader", images=IMAGES[2:])
    store.execute("update inspection set hash = repeat('0', 64) where member_id = 5")
    with pytest.raises(ManifestError, match=r"Synth: 1 different, .*; Synth: 2 missing, for instance Synth/000"):
        import_manifest(store, shared, None, ImportOptions(MissingPolicy.FAIL, force=True))
    assert store.count("shared_row") == 0


def test_equal_missing_rows_get_equal_substitutes(lab, shared):
    outcomes = []
    for name, images in (("one", IMAGES[2:]), ("two", IMAGES[:1:-1])):
        store = lab(name, images=images)
        imported = import_manifest(store, shared, None, ImportOptions(MissingPolicy.SUBSTITUTE, force=True))
        assert (imported.selected, imported.substituted, imported.unfilled) == (11, 2, 0)
        outcomes.append(chosen(store))
    assert outcomes[0] == outcomes[1]
    taken = [(row[2], row[4]) for row in outcomes[0] if row[4]]
    assert taken == [(IMAGES[11]["file_id"], IMAGES[0]["file_id"]), (IMAGES[12]["file_id"], IMAGES[1]["file_id"])]


def test_missing_spare_is_skipped(lab, shared):
    store = lab("reader", images=IMAGES[1:11] + IMAGES[12:])
    imported = import_manifest(store, shared, None, ImportOptions(MissingPolicy.SUBSTITUTE, force=True))
    assert [(row[2], row[4]) for row in chosen(store) if row[4]] == [(IMAGES[12]["file_id"], IMAGES[0]["file_id"])]
    assert imported.unfilled == 0


def test_skip_leaves_missing_rows_out(lab, shared):
    store = lab("reader", images=IMAGES[4:])
    imported = import_manifest(store, shared, "mine", ImportOptions(MissingPolicy.SKIP))
    assert (imported.selected, imported.substituted, imported.unfilled) == (7, 0, 4)


@pytest.mark.parametrize("policy", list(MissingPolicy))
def test_export_without_any_match_names_its_origins(lab, shared, policy):
    store = lab("reader", images=[])
    message = r"no source on this machine matches the export 'main': .*11 images .*Synth: 11 missing, for instance"
    with pytest.raises(ManifestError, match=message):
        import_manifest(store, shared, None, ImportOptions(policy))
    assert store.count("shared_row") == 0


def test_image_under_another_file_id_is_found_by_its_sha256(lab, shared):
    store = lab("reader")
    store.execute("delete from selection")
    store.execute("update attributes set file_id = 'Mine/' || member_id where member_id in (2, 9, 12)")
    imported = import_manifest(store, shared, None, ImportOptions(force=True))
    assert (imported.selected, imported.substituted, imported.renamed) == (11, 0, 2)
    rows = store.execute(
        "select file_id, local_file_id, matched_by from shared_row where position in (1, 2) order by 1"
    )
    assert rows == [(IMAGES[1]["file_id"], IMAGES[1]["file_id"], "file_id"), (IMAGES[2]["file_id"], "Mine/2", "sha256")]
    assert store.execute("select file_id from selection where position = 2") == [("Mine/2",)]


def test_swapped_file_ids_are_told_apart_by_sha256(lab, shared):
    store = lab("reader")
    first, second = IMAGES[0]["file_id"], IMAGES[1]["file_id"]
    store.execute(
        "update attributes set file_id = case member_id when 0 then $second else $first end where member_id in (0, 1)",
        {"first": first, "second": second},
    )
    assert import_manifest(store, shared, None, ImportOptions(force=True)).renamed == 2
    rows = store.execute("select file_id, local_file_id from shared_row where position < 2 order by position")
    assert rows == [(first, second), (second, first)]


def test_each_image_is_matched_with_one_row(lab, shared):
    store = lab("reader", images=IMAGES[2:])
    store.execute("update inspection set hash = $hash where member_id = 13", {"hash": IMAGES[0]["hash"]})
    store.execute("update attributes set file_id = 'Mine/other' where member_id = 13")
    imported = import_manifest(store, shared, None, ImportOptions(MissingPolicy.SKIP, force=True))
    assert (imported.selected, imported.unfilled, imported.renamed) == (10, 1, 1)


def test_equal_pixels_in_other_bytes_need_match_pixels(lab, tmp_path):
    author, reader = lab("author"), lab("reader")
    for store in (author, reader):
        store.execute("update inspection set pixel_hash = 'pixels of ' || member_id")
    export(author, "main", tmp_path / "shared")
    reader.execute("update inspection set hash = repeat('0', 64), byte_size = 7 where member_id in (3, 4)")
    reader.execute("update attributes set file_id = 'Mine/4' where member_id = 4")
    with pytest.raises(ManifestError, match=r"1 different, .*; Synth: 1 missing"):
        import_manifest(reader, tmp_path / "shared", None, ImportOptions(force=True))
    imported = import_manifest(reader, tmp_path / "shared", None, ImportOptions(match=Match.PIXELS, force=True))
    assert (imported.selected, imported.renamed, imported.by_pixels) == (11, 1, 2)


def test_selection_by_list_keeps_the_hash_of_its_lists(lab, tmp_path):
    store = lab("author")
    (tmp_path / "ids.txt").write_text("".join(f"{row['file_id']}\n" for row in IMAGES), encoding="utf-8")
    select_listed(store, read_lists({"train": [tmp_path / "ids.txt"]}), "main")
    export(store, "main", tmp_path / "shared")
    reader = lab("reader")
    import_manifest(reader, tmp_path / "shared", None, ImportOptions(MissingPolicy.FAIL, force=True))
    record = "select name, recipe, recipe_hash, seed from selection_run"
    assert reader.execute(record) == store.execute(record)


def test_difference_names_every_change(lab, tmp_path):
    export(lab("one"), "main", tmp_path / "before")
    after = lab("two", images=IMAGES[1:])
    after.execute("update selection set split = 'validation' where position = 2")
    after.execute("update inspection set hash = repeat('1', 64) where member_id = 3")
    after.execute("update attributes set description = 'new' where member_id = 4")
    export(after, "main", tmp_path / "after")
    rows = list(difference(tmp_path / "before", tmp_path / "after"))
    changes = {row["file_id"][6:9]: row["change"] for row in rows}
    assert changes == {"000": "dropped", "002": "moved", "003": "content", "004": "metadata"}
    assert not list(difference(tmp_path / "before", tmp_path / "before"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            "delete from selection where file_id = 'Synth/003|é'",
            "train: 10 rows here, 11 in the export, 10 equal",
        ),
        ("update attributes set label = 0 where member_id = 2", "train: 11 rows here, 11 in the export, 10 equal"),
        ("update selection set split = 'test' where split = 'train'", "test: 11 rows here, 0 in the export, 0 equal"),
        ("update selection_run set recipe_hash = '1234'", "recipe hash: 1234 here, 'h' in the export"),
    ],
)
def test_another_selection_is_replaced_by_force_only(lab, shared, change, message):
    store = lab("reader")
    store.execute(change)
    before = [chosen(store), store.execute("from selection_run")]
    with pytest.raises(ManifestError, match=f"another selection 'main' .*{message}.* --name, .* --force"):
        import_manifest(store, shared, None, ImportOptions(MissingPolicy.SKIP))
    assert [chosen(store), store.execute("from selection_run")] == before
    assert import_manifest(store, shared, "other", ImportOptions(MissingPolicy.SKIP)).name == "other"
    assert import_manifest(store, shared, None, ImportOptions(MissingPolicy.SKIP, force=True)).name == "main"


def test_import_can_be_repeated(lab, shared):
    """A build of an export is continued by the same command. Skipped rows are no difference."""
    store = lab("reader", images=IMAGES[2:])
    imported = import_manifest(store, shared, "mine", ImportOptions(MissingPolicy.SKIP))
    assert import_manifest(store, shared, "mine", ImportOptions(MissingPolicy.SKIP)) == imported


def test_images_of_equal_size_are_inspected_to_find_renamed_ones(tmp_path):
    theirs = manifests.pictures(3)
    larger = manifests.Picture("Mine/larger", manifests.encoded(9, size=(99, 99)))
    equal_size = manifests.Picture("Mine/other", bytes(len(theirs[0].data)))
    mine = [*(replace(one, file_id=f"Mine/{at}") for at, one in enumerate(theirs)), larger, equal_size]
    labs = {"author": theirs, "reader": mine}
    for name, images in labs.items():
        manifests.make(tmp_path / f"{name}.duckdb", tmp_path / name, images)
    inspectors = {name: Inspector({manifests.SOURCE: tmp_path / name}, Workers(1, "threading")) for name in labs}
    with stores.open_for_writing(tmp_path / "author.duckdb") as store:
        inspect_selection(store, "main", inspectors["author"])
        export(store, "main", tmp_path / "shared")
    with stores.open_for_writing(tmp_path / "reader.duckdb") as store:
        with pytest.raises(ManifestError, match="none of its 3 images was found"):
            import_manifest(store, tmp_path / "shared", "theirs", ImportOptions())
        imported = import_manifest(store, tmp_path / "shared", "theirs", ImportOptions(), inspectors["reader"])
        assert (imported.selected, imported.renamed) == (3, 3)
        found = store.execute("select file_id from selection where name = 'theirs' order by position")
        assert [file_id for (file_id,) in found] == ["Mine/0", "Mine/1", "Mine/2"]
        assert store.count("inspection") == 4
