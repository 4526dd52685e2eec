import json
import shutil
import tempfile
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from indexer.base.errors import ManifestError, ProjectError
from indexer.base.workers import Workers
from indexer.manifest import store as stores
from indexer.selection.by_list import select_listed
from indexer.selection.id_lists import read_lists
from indexer.selection.inspecting import Inspector, inspect_selection
from indexer.sharing.difference import difference
from indexer.sharing.export import export
from indexer.sharing.importing import import_manifest
from indexer.sharing.models import ImportOptions, Match, MissingPolicy
from indexer.sharing.tally import tallying
from tests.sharing.conftest import IMAGES
from tests.support import manifests


@pytest.fixture
def shared(exported, tmp_path):
    return shutil.copytree(exported, tmp_path / "shared")


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


def test_export_with_too_many_rows_is_refused(lab, shared):
    with pytest.raises(ManifestError, match=r"has 14 rows, more than 13: raise --max-rows"):
        import_manifest(lab("reader"), shared, None, ImportOptions(max_rows=13))


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


def rewrite(shared, change):
    table = change(pq.read_table(shared / "files.parquet"))
    pq.write_table(table, shared / "files.parquet")


def set_column(table, name, values):
    return table.set_column(table.column_names.index(name), table.schema.field(name), values)


def refused(lab, shared, message):
    with pytest.raises(ManifestError, match=message) as caught:
        import_manifest(lab("reader"), shared, None, ImportOptions(MissingPolicy.SKIP, force=True))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("hash", lambda values: pc.replace_with_mask(values, [i == 3 for i in range(14)], pa.array(["0" * 64]))),
        ("size", lambda values: pc.replace_with_mask(values, [i == 3 for i in range(14)], pa.array([7]))),
    ],
)
def test_tampered_row_is_named(lab, shared, column, change):
    rewrite(shared, lambda table: set_column(table, column, change(table[column].combine_chunks())))
    refused(lab, shared, r"changed after it was made: row 4 \('Synth/003")


def signed(shared, column, row, value):
    """Change a value and all digests that depend on it, as a sender with this program can."""
    table = pq.read_table(shared / "files.parquet").drop_columns(["row_check"])
    values = table[column].to_pylist()
    values[row] = value
    kind = table.schema.field(column).type
    table = table.set_column(table.column_names.index(column), pa.field(column, kind), pa.array(values, kind))
    with tallying(shared.parent) as tally:
        checks = tally.add(table.combine_chunks().to_batches()[0])
        found = tally.result()
    pq.write_table(table.append_column("row_check", checks), shared / "files.parquet")
    head = json.loads((shared / "manifest.json").read_text(encoding="utf-8")) | found
    (shared / "manifest.json").write_text(json.dumps(head), encoding="utf-8")


FORGED = "Synth/000|é\t" + "0" * 64 + "\nSynth/001|é"


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("position", None, "row 4 has a position that cannot be"),
        ("position", -1, "row 4 has a position that cannot be"),
        ("paired_real_images", None, "row 4 has a paired_real_images that cannot be"),
        ("paired_real_images", ["a", None], "row 4 has a paired_real_images that cannot be"),
        ("description", None, "declared non-nullable"),
        ("file_id", IMAGES[0]["file_id"], r"holds 'Synth/000\|é' 2 times"),
        ("file_id", IMAGES[9]["file_id"], r"holds 'Synth/009\|é' 2 times"),
        ("file_id", FORGED, "row 4 has a file_id that cannot be"),
        ("file_id", "a\0b", "row 4 has a file_id that cannot be"),
    ],
)
def test_invalid_value_with_valid_digests_is_refused(lab, shared, column, value, message):
    signed(shared, column, 3, value)
    refused(lab, shared, message)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("positive_prompt", "x" * 10_000_000),
        ("description", "a\0b\x1b[31m"),
        ("size", 2**63 - 1),
        ("file_id", "../../etc/passwd"),
    ],
)
def test_unusual_values_are_imported(lab, shared, column, value):
    signed(shared, column, 3, value)
    store = lab("reader")
    import_manifest(store, shared, None, ImportOptions(MissingPolicy.SKIP, force=True))
    assert store.execute(f"select {column} from shared_row where position = 3") == [(value,)]


def test_decompression_bomb_is_refused(lab, shared):
    row, count = pq.read_table(shared / "files.parquet").slice(0, 1), 60_000
    columns = [pa.array(row[name].to_pylist() * count, row.schema.field(name).type) for name in row.column_names]
    bomb = pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), pa.array(["x" * 10_000_000]))
    columns[row.column_names.index("positive_prompt")] = bomb
    file = shared / "files.parquet"
    pq.write_table(pa.table(columns, names=row.column_names), file, dictionary_pagesize_limit=100_000_000)
    assert file.stat().st_size < 2_000_000
    refused(lab, shared, "files.parquet is damaged|cannot be imported")


def test_selection_by_list_keeps_the_hash_of_its_lists(lab, tmp_path):
    store = lab("author")
    (tmp_path / "ids.txt").write_text("".join(f"{row['file_id']}\n" for row in IMAGES), encoding="utf-8")
    select_listed(store, read_lists({"train": [tmp_path / "ids.txt"]}), "main")
    export(store, "main", tmp_path / "shared")
    reader = lab("reader")
    import_manifest(reader, tmp_path / "shared", None, ImportOptions(MissingPolicy.FAIL, force=True))
    record = "select name, recipe, recipe_hash, seed from selection_run"
    assert reader.execute(record) == store.execute(record)


def test_dropped_row_changes_the_digests(lab, shared):
    rewrite(shared, lambda table: table.slice(1))
    refused(lab, shared, r"do not belong together \(digests or counts differ: all, train\)")


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("hash", "../../etc/passwd", r"row 1 has a hash that cannot be: '\.\./\.\./etc/passwd'$"),
        ("split", "../out", "row 1 has a split that cannot be"),
        ("role", "root", "row 1 has a role that cannot be"),
        ("file_id", "x" * 5000, "row 1 has a file_id that cannot be"),
    ],
)
def test_invalid_values_are_refused(lab, shared, column, value, message):
    rewrite(shared, lambda table: set_column(table, column, pa.array([value] * table.num_rows)))
    refused(lab, shared, message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"format": "image-manifest", "format_version": 99, "tool_version": "7.0"}', "format version 99 .*install"),
        (
            '{"format": "image-manifest", "format_version": 99, "tool_version": "\\n\\u001b"}',
            "format version 99 .*install",
        ),
        ('{"format": "image-manifest", "format_version": true}', "format version True"),
        ('{"format": "image-manifest", "format_version": 0}', "format version 0"),
        ('{"format": "image-manifest", "name": "\\ud800"}', "not valid JSON.*surrogates"),
        ('{"format": "other"}', "has no format"),
        ('{"format": "image-manifest", "format": 1}', "repeated key"),
        ('{"format": NaN}', "NaN is no number"),
        ("[" * 100_000, "not valid JSON"),
        ('{"format": "image-manifest", "format_version": 1}', "lacks or misspells name, recipe"),
    ],
)
def test_invalid_header_is_refused(lab, shared, text, message):
    (shared / "manifest.json").write_text(text, encoding="utf-8")
    refused(lab, shared, message)


def test_damaged_parquet_is_refused(lab, shared):
    file = shared / "files.parquet"
    file.write_bytes(file.read_bytes()[:-100])
    refused(lab, shared, r"files\.parquet is damaged")


@pytest.mark.parametrize("name", ["manifest.json", "files.parquet"])
def test_pipe_or_device_is_refused(lab, shared, name):
    (shared / name).unlink()
    (shared / name).symlink_to("/dev/zero")
    with pytest.raises(ProjectError, match=r"no regular file|is no export"):
        import_manifest(lab("reader"), shared, None, ImportOptions(MissingPolicy.SKIP, force=True))


def test_full_scratch_disk_is_reported_as_such(lab, shared, small_disk, tmp_path, monkeypatch):
    small_disk(tmp_path / "small", "4k")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "small"))
    refused(lab, shared, "small has no room for its rows: free some, or name another folder in TMPDIR")


def test_empty_folder_is_no_export(lab, tmp_path):
    refused(lab, tmp_path, "is no export")


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


def test_header_with_a_changed_digest_is_refused(lab, shared):
    head = json.loads((shared / "manifest.json").read_text(encoding="utf-8"))
    head["digests"]["train"] = "0" * 64
    (shared / "manifest.json").write_text(json.dumps(head), encoding="utf-8")
    refused(lab, shared, "do not belong together")


def test_invalid_selection_name_needs_another(lab, shared):
    head = json.loads((shared / "manifest.json").read_text(encoding="utf-8"))
    (shared / "manifest.json").write_text(json.dumps({**head, "name": "../up"}), encoding="utf-8")
    refused(lab, shared, "a selection named '../up': import it under another name with --name")
    assert import_manifest(lab("other"), shared, "mine", ImportOptions(MissingPolicy.FAIL)).name == "mine"


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
    """A build of a shared manifest is continued by the same command. Skipped rows are no difference."""
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
