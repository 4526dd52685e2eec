"""Columns of Arrow and Parquet files that hold no images: numbers, texts, names of classes."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from indexer.containers.tabular import listing
from tests.support.tables import TABLE, write


def test_scalar_columns_of_all_rows(tmp_path: Path) -> None:
    for name in ("a.arrow", "a.parquet"):
        of = write(tmp_path / name, TABLE)
        rows = [row for batch in listing.scalar_rows(of, None) for row in batch.to_pylist()]
        assert rows[0] == {"id": 10, "prompt": "one"}
        assert len(rows) == 3
        assert [row for batch in listing.scalar_rows(of, ["prompt"]) for row in batch.to_pylist()][1] == {
            "prompt": "two"
        }


@pytest.mark.parametrize("name", ["a.arrow", "a.parquet"])
def test_class_labels_are_read_by_name(tmp_path: Path, name: str) -> None:
    """The numbers of one dataset differ between versions; the names in its metadata do not."""
    found = []
    for order in (["full_synthetic", "real", "tampered"], ["real", "tampered", "full_synthetic"]):
        info = {"info": {"features": {"label": {"_type": "ClassLabel", "names": order}}}}
        numbers = pa.array([order.index("real"), order.index("tampered"), -1, 7, None], pa.int64())
        schema = pa.schema([("label", pa.int64()), ("plain", pa.int64())], {"huggingface": json.dumps(info)})
        of = write(tmp_path / name, pa.table([numbers, pa.array([4, 3, 2, 1, 0])], schema))
        found.append([row for batch in listing.scalar_rows(of, None) for row in batch.to_pylist()])
    assert found[0] == found[1]
    assert [row["label"] for row in found[0]] == ["real", "tampered", None, None, None]
    assert [row["plain"] for row in found[0]] == [4, 3, 2, 1, 0]


@pytest.mark.parametrize("names", [None, "real", [0, 1], []])
def test_class_label_without_names_keeps_its_numbers(tmp_path: Path, names: Any) -> None:
    info = {"info": {"features": {"label": {"_type": "ClassLabel", "names": names}}}}
    schema = pa.schema([("label", pa.int8())], {"huggingface": json.dumps(info)})
    of = write(tmp_path / "a.parquet", pa.table([pa.array([0, 1], pa.int8())], schema))
    assert [row for batch in listing.scalar_rows(of, None) for row in batch.to_pylist()] == [{"label": 0}, {"label": 1}]
