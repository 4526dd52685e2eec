"""The columns kind, group_id, extra and companions, and images that accompany others, in the README's examples."""

import csv
import io
import re
from pathlib import Path

import pytest

from indexer.base import resources
from indexer.base.errors import DeclarationError
from indexer.declarations import load
from indexer.declarations.derive import derive
from tests.support.raw_rows import RawRows

README = (resources.sources_folder() / "README.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```$", README, re.M | re.S))
FURTHER = ["edits/web/odd/2.png", "edits/web/masks/9.png"]


def derive_rows(manifest, folder: Path, name: str, lines):
    (folder / f"{name}.toml").write_text(BLOCKS[f"{name}.toml"])
    raw = RawRows()
    raw.add(name, lines)
    raw.write(manifest)
    derive(manifest, load([folder]))


@pytest.fixture
def edits(manifest, tmp_path: Path):
    derive_rows(manifest, tmp_path, "edits", [*BLOCKS["edits-tree"].splitlines(), *FURTHER])
    return manifest


def test_example_of_the_readme_gives_the_expected_rows(edits):
    query = (
        "select file_id, label, kind, group_id, extra['platform'], coalesce(companions['mask'], '')"
        " from manifest order by file_id"
    )
    rows = [[str(value) for value in row] for row in edits.execute(query)]
    assert rows == list(csv.reader(io.StringIO(BLOCKS["edits-expected"])))
    assert edits.execute("select extra from manifest where kind = 'tampered'") == [
        ({"part": "edit", "platform": "web"},)
    ]


def test_labels_of_nested_json_are_looked_up_by_name(manifest, tmp_path):
    (tmp_path / "nested.toml").write_text(BLOCKS["nested.toml"])
    (tmp_path / "labels.json").write_text(BLOCKS["labels.json"])
    sources = load([tmp_path])
    raw = RawRows()
    raw.add("nested", ["nested/a/1.png", "nested/a/2.png", "nested/b/1.png"])
    raw.add_side_files(sources[0].tables, tmp_path)
    raw.write(manifest)
    derive(manifest, sources)
    query = "select file_id, generator, description, extra['steps'] from manifest order by file_id"
    assert [list(map(str, row)) for row in manifest.execute(query)] == list(
        csv.reader(io.StringIO(BLOCKS["nested-expected"]))
    )


def test_unknown_kind_is_a_derivation_error(edits):
    assert edits.execute("select code, detail from derivation_error") == [
        ("missing_in_map", "{part|kinds}: kinds has nothing for odd")
    ]


def test_companions_have_no_row_in_the_manifest(edits):
    assert edits.execute("select file_id, source, role, status from companion order by file_id") == [
        ("Edits/web/mask/17", "edits", "mask", "ok"),
        ("Edits/web/mask/9", "edits", "mask", "ok"),
    ]
    assert edits.execute("select count(*) from manifest where file_id like '%mask%'") == [(0,)]


def test_extended_declaration_has_rules_and_parameters(manifest, tmp_path):
    derive_rows(
        manifest,
        tmp_path,
        "mytests",
        ["dl/sdxl.zip!sdxl/1_fake/a b.png", "flux-dev/0_real/x/1.png", "dalle/1_fake/1.png", "0_real/2.png"],
    )
    assert manifest.execute("select file_id, generator, label from manifest order by file_id") == [
        ("My tests/0_real/2", "", 0),
        ("My tests/1_fake/1", "unknown", 1),
        ("My tests/flux-dev/0_real/x/1", "", 0),
        ("My tests/sdxl/1_fake/a b", "Stable Diffusion XL 1.0", 1),
    ]


def test_rules_of_an_extended_declaration_follow_its_own(manifest, tmp_path):
    own = '[[rule]]\npath = "(?:.+/)?masks/.+"\nignore = "a mask"\n'
    (tmp_path / "mine.toml").write_text(f'extends = "cnndetection"\nname = "Mine"\n{own}')
    raw = RawRows()
    raw.add("mine", ["sdxl/1_fake/masks/1.png", "sdxl/1_fake/1.png", "sdxl/0_real/1.png"])
    raw.write(manifest)
    derive(manifest, load([tmp_path]))
    assert manifest.execute("select file_id from manifest order by 1") == [
        ("Mine/sdxl/0_real/1",),
        ("Mine/sdxl/1_fake/1",),
    ]


def test_declaration_of_a_windows_editor_is_read(tmp_path):
    (tmp_path / "mine.toml").write_bytes(b"\xef\xbb\xbfname = 'Mine'\r\n[[rule]]\r\npath = 'a'\r\n")
    assert load([tmp_path])[0].info.name == "Mine"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('extends = "cnndetektion"', "there is no cnndetektion.toml"),
        ('extends = "cnndetection"\n[parameters]\nfolders = "a"', "unknown 'folders' .did you mean 'folder'"),
        ('extends = "cnndetection"\nparameters = 4', "parameters. must be a table"),
        ('extends = "cnndetection"\n[maps.generators]\na = "${nam}"', "unknown parameter 'nam' .did you mean 'name'"),
        ('extends = "chameleon"', "chameleon.toml extends another declaration itself"),
    ],
)
def test_wrong_extension_is_reported(tmp_path, text, message):
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(DeclarationError, match=message):
        load([tmp_path])


def test_known_damage_is_the_reason_of_a_bad_file(manifest, tmp_path):
    (tmp_path / "mine.toml").write_text(
        "[known_damage]\n'a/2\\.png' = \"cut off\"\n[[rule]]\npath = 'a/[^/]+'\nlabel = \"real\"\n"
    )
    raw = RawRows()
    raw.add("mine", ["a/1.png", "a/2.png"])
    raw.write(manifest)
    derive(manifest, load([tmp_path]))
    manifest.execute(
        "insert into inspection (member_id, status, reason) select member_id, 'truncated', 'x' from member"
    )
    assert manifest.execute("select file_id, status, reason from manifest order by file_id") == [
        ("mine/a/1", "truncated", "x"),
        ("mine/a/2", "truncated", "as published: cut off"),
    ]
