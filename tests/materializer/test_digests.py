"""The digest of an Arrow shard has the sha256 of each image in place of the image."""

import json
from hashlib import sha256
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from indexer.base.durable import json_bytes
from indexer.base.workers import Workers
from materializer.dataset.build_folder import read_build
from materializer.dataset.verify import verify
from materializer.models import Feature
from materializer.shards.formats import output_format

HERE = Workers(1, "threading")
OFFSETS = {Feature.LARGE: np.int64, Feature.STANDARD: np.int32}


def documented_digest(path, kind):
    """The program in the docstring of arrow_stream.py."""
    whole = pa.memory_map(str(path)).read_buffer()
    digest, view, at = sha256(), memoryview(whole), 0
    for batch in pa.ipc.open_stream(whole):
        _, offsets, data = batch["image"].field("bytes").buffers()
        ends = np.frombuffer(offsets, kind)[: len(batch) + 1].tolist()
        for start, end in pairwise(data.address - whole.address + end for end in ends):
            digest.update(view[at:start])
            digest.update(sha256(view[start:end]).digest())
            at = end
    digest.update(view[at:])
    return f"images:{digest.hexdigest()}"


@pytest.mark.parametrize("feature", Feature)
def test_digest_of_arrow_shards_is_the_documented_one(site, images, feature):
    site.lay_out(images).build(feature=feature)
    build = read_build(site.folder / "out")
    assert len(build.all_shards) > 2
    for shard, file in build.all_shards:
        assert file.digest == documented_digest(build.path(shard), OFFSETS[feature])


def test_every_changed_byte_changes_the_digest(site, images):
    site.lay_out(images[:3]).build()
    build = read_build(site.folder / "out")
    [(shard, file)] = build.all_shards
    path, form = build.path(shard), output_format("arrow")
    data = path.read_bytes()
    assert form.is_intact(path, file)
    for at in range(0, len(data), 37):
        path.write_bytes(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])
        assert not form.is_intact(path, file), at
    path.write_bytes(data[:-8])
    assert not form.is_intact(path, file)


def test_builds_of_versions_that_hashed_the_file_are_verified(site, images):
    site.lay_out(images[:3]).build()
    description = json.loads((site.folder / "out/build.json").read_text())
    [file] = description["splits"]["train"]
    path = site.folder / "out" / file["file"]
    del file["digest"]
    file["sha256"] = sha256(path.read_bytes()).hexdigest()
    (site.folder / "out/build.json").write_text(json.dumps(description))
    state = path.parent / "state.json"
    found = json.loads(state.read_text())
    found["_fingerprint"] = sha256(file["sha256"].encode()).hexdigest()[:16]
    state.write_bytes(json_bytes(found))
    assert verify(site.folder / "out", None, HERE).differences == ()
    state.unlink()
    assert [one.where for one in verify(site.folder / "out", None, HERE).differences] == ["train/state.json"]
    path.write_bytes(path.read_bytes() + b"x")
    assert len(verify(site.folder / "out", None, HERE).differences) == 2
