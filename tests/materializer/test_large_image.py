"""LargeImage as a feature of ``datasets``."""

import hashlib
import os

import datasets
import numpy as np
import pyarrow as pa
import pytest

from indexer.base.durable import HashingFile
from materializer.large_image import LargeImage
from materializer.models import Settings
from materializer.shards import schema as columns
from materializer.shards.formats.arrow import ArrowFormat
from materializer.shards.transform import ImageFacts, PreparedImage
from tests.support import manifests

JPEG = manifests.encoded(1)
FEATURES = datasets.Features({"image": LargeImage()})


def test_large_image_accepts_all_values_of_image(tmp_path):
    (tmp_path / "one.jpg").write_bytes(JPEG)
    values = [
        JPEG,
        str(tmp_path / "one.jpg"),
        {"bytes": JPEG, "path": "x/two.jpg"},
        np.zeros((4, 4, 3), np.uint8),
        None,
    ]
    dataset = datasets.Dataset.from_dict({"image": values}, FEATURES)
    assert dataset.data.schema.field("image").type == LargeImage.pa_type
    assert [row["image"] and row["image"].size for row in dataset] == [(24, 16)] * 3 + [(4, 4), None]


@pytest.mark.parametrize(
    "storage",
    [
        pa.array([JPEG, None], pa.binary()),
        pa.array([JPEG, None], pa.large_binary()),
        pa.array([{"bytes": JPEG, "path": "a.jpg"}, None], datasets.Image.pa_type),
        pa.array([{"bytes": JPEG}, None], pa.struct({"bytes": pa.large_binary()})),
    ],
)
def test_cast_from_binary_and_structs(storage):
    cast = LargeImage().cast_storage(storage)
    assert cast.type == LargeImage.pa_type
    assert [value and value["bytes"] for value in cast.to_pylist()] == [JPEG, None]


def test_cast_from_paths_but_not_from_numbers():
    assert LargeImage().cast_storage(pa.array(["a", None])).to_pylist() == [{"bytes": None, "path": "a"}, None]
    with pytest.raises(TypeError, match="int64"):
        LargeImage().cast_storage(pa.array([1]))


def test_saving_embeds_files_and_keeps_embedded_images(tmp_path):
    (tmp_path / "one.jpg").write_bytes(JPEG)
    values = [{"bytes": JPEG, "path": "deep/two.jpg"}, str(tmp_path / "one.jpg")]
    datasets.Dataset.from_dict({"image": values}, FEATURES).save_to_disk(tmp_path / "saved")
    (tmp_path / "one.jpg").unlink()
    found = datasets.load_from_disk(str(tmp_path / "saved")).cast_column("image", LargeImage(decode=False))
    assert found["image"][:] == [{"bytes": JPEG, "path": "two.jpg"}, {"bytes": JPEG, "path": "one.jpg"}]


@pytest.mark.slow
def test_spawned_workers_know_the_feature(tmp_path):
    dataset = datasets.Dataset.from_dict({"image": [JPEG] * 4}, FEATURES)
    mapped = dataset.map(lambda row: {"width": row["image"].width}, num_proc=2)
    assert mapped["width"][:] == [24] * 4
    assert isinstance(mapped.features["image"], LargeImage)
    mapped.save_to_disk(tmp_path / "saved", num_proc=2)
    assert datasets.load_from_disk(str(tmp_path / "saved"))[3]["image"].size == (24, 16)


class Sparse:
    """A file in which long writes, zeros here, leave holes."""

    closed = False

    def __init__(self, file):
        self.file = file

    def write(self, data):
        view = memoryview(data)
        if view.nbytes > 1 << 20:
            self.file.seek(view.nbytes, 1)
        else:
            self.file.write(view)
        return view.nbytes

    def tell(self):
        return self.file.tell()

    def flush(self):
        self.file.flush()


def test_a_column_beyond_two_gibibytes_is_written_and_read(tmp_path):
    size = (2 << 30) + 1000
    (tmp_path / "zeros").touch()
    os.truncate(tmp_path / "zeros", size)
    zeros = np.memmap(tmp_path / "zeros", np.uint8, "r")
    image = PreparedImage(zeros, "", 1, 1, "png", "verbatim", ImageFacts("", 1, 1, "PNG", "RGB", False))
    row = dict.fromkeys(columns.TEXTS.values(), "x") | {"label": 0, "paired_real_images": []}
    with (
        (tmp_path / "data.arrow").open("wb") as file,
        ArrowFormat().writer(Sparse(file), tmp_path, Settings()) as shard,
    ):
        shard.write(pa.Table.from_pylist([row]), [image])
    dataset = datasets.Dataset.from_file(str(tmp_path / "data.arrow"))
    stored = dataset.data.column("image").chunk(0).field("bytes")
    assert stored.buffers()[2].size == size
    assert dataset.data.column("file_id").to_pylist() == ["x"]


def test_partial_writes_are_continued():
    taken = bytearray()

    class Slow:
        def write(self, data):
            taken.extend(data[:3])
            return min(3, data.nbytes)

    file = HashingFile(Slow())
    assert file.write(b"0123456789") == 10
    assert (bytes(taken), file.size, file.sha256) == (b"0123456789", 10, hashlib.sha256(taken).hexdigest())
