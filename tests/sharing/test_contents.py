"""Content digests depend neither on the order of rows nor on memory."""

import hashlib
import random

import pyarrow as pa
import pytest

from indexer.manifest import scratch
from indexer.sharing.contents import digesting


def rows_of(names, numbers):
    return [
        (split, f"{name}/{number}", hashlib.sha256(f"{split}{name}{number}".encode()).hexdigest())
        for split in ("validation", "train", "é")
        for name in names
        for number in range(numbers)
    ]


@pytest.fixture(scope="module")
def many_rows():
    return rows_of(("ä", "Z", "a b", "\U0001f600", "\uffff"), 40_000)


def plainly(rows):
    """Compute the digests in memory, as the module documents them."""
    digests = {}
    for split in sorted({row[0] for row in rows}):
        lines = sorted((file_id.encode(), sha256) for name, file_id, sha256 in rows if name == split)
        digests[split] = hashlib.sha256(b"".join(b"%b\t%b\n" % (i, s.encode()) for i, s in lines)).hexdigest()
    lines = "".join(f"{split}\t{digest}\n" for split, digest in digests.items())
    return {**digests, "all": hashlib.sha256(lines.encode()).hexdigest()}


def digested(rows, scratch, at_a_time=70_000):
    with digesting(scratch) as contents:
        for start in range(0, len(rows), at_a_time):
            columns = zip(*rows[start : start + at_a_time], strict=True)
            contents.add(pa.table(dict(zip(("split", "file_id", "hash"), map(list, columns), strict=True))), "hash")
        spilled = [path for folder in scratch.iterdir() for path in folder.iterdir() if path.stat().st_size]
        return contents.result(), spilled


@pytest.mark.slow
def test_digest_is_that_of_the_sorted_lines(tmp_path, many_rows):
    found, spilled = digested(many_rows, tmp_path)
    assert found == plainly(many_rows)
    assert not spilled


@pytest.mark.slow
def test_order_and_memory_have_no_effect(tmp_path, monkeypatch, many_rows):
    monkeypatch.setitem(scratch.SCRATCH_SETTINGS, "memory_limit", "40MB")
    monkeypatch.setitem(scratch.SCRATCH_SETTINGS, "threads", 1)
    shuffled = random.Random(1).sample(many_rows, len(many_rows))
    found, spilled = digested(shuffled, tmp_path, 9_999)
    assert found == plainly(many_rows)
    assert spilled
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rows", [[], rows_of(["ä"], 1)[:1]])
def test_few_rows(tmp_path, rows):
    assert digested(rows, tmp_path)[0] == plainly(rows)
