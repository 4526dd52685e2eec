"""Attributes are derived again only if a declaration, a raw row or an inspection has changed."""

from dataclasses import replace

import pytest

from indexer.declarations import checking
from indexer.declarations.derive import derive
from tests.support.raw_rows import RawRows

LINES = ["train2017/000000000009.jpg", "train2017/000000000025.jpg"]


@pytest.fixture
def derived(manifest, sources):
    """A manifest whose attributes were marked after they were derived: deriving again removes the marks."""
    raw = RawRows()
    raw.add("coco", LINES)
    raw.write(manifest)
    derive(manifest, list(sources.values()))
    manifest.execute("update attributes set description = 'marked'")
    return manifest


def is_marked(manifest):
    return {text for (text,) in manifest.execute("select description from attributes")} == {"marked"}


def test_unchanged_rows_are_not_derived_again(derived, sources):
    derive(derived, list(sources.values()))
    assert is_marked(derived)


@pytest.mark.parametrize(
    "change",
    [
        "update member set size = size + 1 where ordinal = 0",
        "delete from member where ordinal = 1",
        "update container set status = 'partial'",
        "insert into inspection by name select member_id, 'damaged' as status from member limit 1",
    ],
)
def test_changed_rows_are_derived_again(derived, sources, change):
    derived.execute(change)
    derive(derived, list(sources.values()))
    assert not is_marked(derived)


def test_changed_declarations_are_derived_again(derived, sources):
    coco = sources["coco"]
    for changed in (
        replace(coco, rules=coco.rules[:1]),
        replace(coco, info=replace(coco.info, licence="another")),
    ):
        derived.execute("update attributes set description = 'marked'")
        derive(derived, [changed])
        assert not is_marked(derived)


def test_a_corrected_date_of_a_generator_is_derived_again(derived, sources, monkeypatch):
    rows = [{**row, "released": "2001-02-03"} for row in checking.generator_rows()]
    monkeypatch.setattr(checking, "generator_rows", lambda: rows)
    derive(derived, list(sources.values()))
    assert not is_marked(derived)
