"""The audit between two selections, sources or exports."""

from pathlib import Path

import pyarrow as pa
import pytest

from indexer.base.errors import RecipeError
from indexer.selection.audit.between import audit_between
from tests.support.worlds import Picture, world

PICTURES = [
    Picture("a/same", "o", content="c1", phash=1 << 40),
    Picture("a/again", "o", content="c1", phash=1 << 40),
    Picture("a/near", "o", phash=0xFF00),
    Picture("a/alone", "o", phash=0xFFFF_0000_0000),
    Picture("b/same", "p", content="c1", phash=1 << 40, source="other"),
    Picture("b/near", "p", phash=0xFF01, source="other"),
    Picture("b/pixels", "q", phash=0xFFFF_FFFF, source="other"),
    Picture("b/unknown", "q", inspected=None, source="other"),
]


def test_shared_pictures_are_counted_by_part_and_kind(tmp_path: Path) -> None:
    with world(tmp_path / "m.duckdb", PICTURES) as store:
        store.execute(
            "insert into selection"
            " select 'a', if(file_id = 'a/near', 'test', 'train'), 0, file_id, 'listed', '', null"
            " from manifest where source = 'world'"
        )
        found = audit_between(store, ("a", "other"), {}, radius=4)
        assert found.matrix.to_pylist() == [
            {"part_a": "test", "part_b": "p", "bytes": 0, "pixels": 0, "near": 1, "pictures": 1},
            {"part_a": "train", "part_b": "p", "bytes": 1, "pixels": 0, "near": 0, "pictures": 1},
        ]
        assert [tuple(row.values()) for row in found.shared.to_pylist()] == [
            ("bytes", "train", "a/again", "p", "b/same", 2, 1), ("near", "test", "a/near", "p", "b/near", 1, 1),
        ]  # fmt: skip
        assert (found.compared, found.unknown) == ((4, 3), (0, 1))
        assert audit_between(store, ("a", "other"), {}, radius=0).shared.num_rows == 1
        assert audit_between(store, ("other", "a"), {}, radius=4).shared.num_rows == 2


def test_exports_share_bytes_and_pixels(tmp_path: Path) -> None:
    exported = pa.table(
        {"split": ["x", "x"], "file_id": ["e/1", "e/2"], "hash": ["c1", "h2"], "pixel_hash": ["", "pp"]}
    )
    with world(tmp_path / "m.duckdb", PICTURES) as store:
        store.execute("update inspection set pixel_hash = 'pp' from attributes a"
                      " where a.member_id = inspection.member_id and a.file_id = 'b/pixels'")  # fmt: skip
        found = audit_between(store, ("shared/e", "other"), {"shared/e": exported}, radius=4)
        assert [tuple(row.values()) for row in found.shared.to_pylist()] == [
            ("bytes", "x", "e/1", "p", "b/same", 1, 1), ("pixels", "x", "e/2", "q", "b/pixels", 1, 1),
        ]  # fmt: skip
        with pytest.raises(RecipeError, match="'othr' is no selection, no source and no export: did you mean 'other'"):
            audit_between(store, ("othr", "other"), {}, radius=4)
