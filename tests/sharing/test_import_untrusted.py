"""Exports that were changed, damaged or made to do harm are refused in one line."""

import json
import tempfile

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from indexer.base.errors import ManifestError, ProjectError
from indexer.sharing.importing import import_manifest
from indexer.sharing.models import ImportOptions, MissingPolicy
from indexer.sharing.tally import tallying
from tests.sharing.conftest import IMAGES


def test_export_with_too_many_rows_is_refused(lab, shared):
    with pytest.raises(ManifestError, match=r"has 14 rows, more than 13: raise --max-rows"):
        import_manifest(lab("reader"), shared, None, ImportOptions(max_rows=13))


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
