"""The columns kind, group_id, extra and companions, and images that accompany others."""

from pathlib import Path

import pytest

from indexer.declarations import load
from indexer.declarations.derive import derive
from tests.support.raw_rows import RawRows

EDITS = """
name = "Edits"

[maps.kinds]
real = "real"
edit = "tampered"
full = "synthetic"

[maps.sizes]
big = "1024"

[defaults.extra]
platform = "{share}"
size     = "{share|sizes ?? ''}"

[[rule]]
path      = '(?P<share>[^/]+)/masks/(?P<id>\\d+)'
companion = "mask"
file_id   = "Edits/{share}/mask/{id}"

[[rule]]
path      = '(?P<share>[^/]+)/(?P<part>[^/]+)/(?P<id>\\d+)'
generator = "{part|generators}"
kind      = "{part|kinds}"
group_id  = "Edits/{id}"

[rule.extra]
part = "{part}"

[rule.companions]
mask = "Edits/{share}/mask/{id}"

[maps.generators]
real  = ""
"*"   = "LaMa"
"""
TREE = [
    "big/real/1.png",
    "big/edit/1.png",
    "small/full/1.png",
    "small/odd/2.png",
    "big/masks/1.png",
    "big/masks/9.png",
]


@pytest.fixture
def derived(manifest, tmp_path: Path):
    (tmp_path / "edits.toml").write_text(EDITS)
    raw = RawRows()
    raw.add("edits", TREE)
    raw.write(manifest)
    derive(manifest, load([tmp_path]))
    return manifest


def test_rule_sets_kind_group_and_maps(derived):
    rows = derived.execute("select file_id, label, kind, group_id, extra, companions from manifest order by file_id")
    assert rows == [
        (
            "Edits/big/edit/1",
            1,
            "tampered",
            "Edits/1",
            {"part": "edit", "platform": "big", "size": "1024"},
            {"mask": "Edits/big/mask/1"},
        ),
        (
            "Edits/big/real/1",
            0,
            "real",
            "Edits/1",
            {"part": "real", "platform": "big", "size": "1024"},
            {"mask": "Edits/big/mask/1"},
        ),
        ("Edits/small/full/1", 1, "synthetic", "Edits/1", {"part": "full", "platform": "small"}, {}),
    ]
    assert derived.execute("select extra['part'] from manifest where extra['size'] = '1024' order by all") == [
        ("edit",),
        ("real",),
    ]


def test_unknown_kind_is_a_derivation_error(derived):
    assert derived.execute("select code, detail from derivation_error") == [
        ("missing_in_map", "{part|kinds}: kinds has nothing for odd")
    ]


def test_companions_have_no_row_in_the_manifest(derived):
    assert derived.execute("select file_id, source, role, status from companion order by file_id") == [
        ("Edits/big/mask/1", "edits", "mask", "ok"),
        ("Edits/big/mask/9", "edits", "mask", "ok"),
    ]
    assert derived.execute("select count(*) from manifest where file_id like '%mask%'") == [(0,)]
