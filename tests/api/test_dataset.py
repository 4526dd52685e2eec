"""``Manifest.dataset``: map-style, in batches, in worker processes, as a stream; without a build."""

import multiprocessing
import pickle
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from indexer import Manifest
from indexer.base.errors import ConfigError, ImageError, RecipeError


def _size(image: Any) -> tuple[int, int]:
    found: tuple[int, int] = image.size
    return found


def test_items_have_the_image_and_columns(manifest: Manifest) -> None:
    dataset = manifest.dataset("cnn", split="train", transform=_size, columns=("label", "origin"))
    assert len(dataset) == 10
    assert dataset[0] == {"image": (24, 16), "label": dataset.labels[0], "origin": "cnn"}
    assert sorted(Counter(dataset.labels).items()) == [(0, 5), (1, 5)]


def test_items_follow_the_order_of_the_selection(manifest: Manifest) -> None:
    ids = [row[0] for row in manifest.sql("select file_id from selection where name = 'cnn' order by split, position")]
    dataset = manifest.dataset("cnn")
    assert [item["file_id"] for item in (dataset[number] for number in range(len(dataset)))] == ids
    batch = [7, 0, -1, 7]
    assert [item["file_id"] for item in dataset.__getitems__(batch)] == [ids[number] for number in batch]


def test_slices_and_empty_batches_are_lists(manifest: Manifest) -> None:
    found = manifest.dataset("cnn", split="train")
    assert [item["file_id"] for item in found[1:3]] == found.file_ids[1:3]
    assert [item["file_id"] for item in found[-1:]] == found.file_ids[-1:]
    assert (found[99:], found.samples([]), found.__getitems__([])) == ([], [], [])


def test_iteration_ends(manifest: Manifest) -> None:
    dataset = manifest.dataset("cnn", transform=_size)
    assert len([item for item in dataset]) == len(dataset)  # noqa: C416 - uses __getitem__
    with pytest.raises(IndexError, match="no item 12: the dataset has 12"):
        dataset[12]


def test_images_are_rgb_on_white_as_in_a_build(manifest: Manifest) -> None:
    dataset = manifest.dataset("torn", on_error="skip")
    clear = next(item["image"] for item in dataset.__getitems__(range(4)) if item["file_id"].endswith("clear.png"))
    assert (clear.mode, clear.getpixel((0, 0))) == ("RGB", (255, 255, 255))


def test_one_column_may_be_a_text(manifest: Manifest) -> None:
    assert sorted(manifest.dataset("cnn", columns="origin")[0]) == ["image", "origin"]


def test_items_have_any_column_of_the_manifest(manifest: Manifest) -> None:
    columns = ("hash", "width", "status", "extra", "member", "size", "split")
    item = manifest.dataset("cnn", columns=columns, transform=_size)[0]
    assert item["status"] == "ok"
    assert item["member"].startswith("progan/")
    assert item["extra"]["class"] == Path(item["member"]).parent.name
    assert set(item) == {"image", *columns}


def test_a_batch_is_never_empty_when_images_are_skipped(manifest: Manifest) -> None:
    dataset = manifest.dataset("torn", on_error="skip")
    bad = dataset.file_ids.index("Pictures/torn.png")
    assert dataset.samples([bad]) == []
    assert [item["file_id"] for item in dataset.__getitems__([bad])] == [dataset[bad]["file_id"]]


@pytest.mark.parametrize("method", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_the_dataset_works_in_worker_processes(manifest: Manifest, method: str) -> None:
    dataset = manifest.dataset("cnn", transform=_size)
    dataset[0]  # its containers are open when workers start
    with multiprocessing.get_context(method).Pool(2) as pool:
        found = pool.map(dataset.__getitem__, range(len(dataset)))
    assert [item["file_id"] for item in found] == dataset.file_ids


def test_a_pickled_dataset_has_no_open_files(manifest: Manifest) -> None:
    dataset = manifest.dataset("cnn")
    dataset[0]
    copy = pickle.loads(pickle.dumps(dataset))
    assert copy[1]["image"].tobytes() == dataset[1]["image"].tobytes()


def test_a_damaged_image_raises_or_is_skipped(manifest: Manifest) -> None:
    strict = manifest.dataset("torn")
    bad = strict.file_ids.index("Pictures/torn.png")
    with pytest.raises(ImageError, match=r"^Pictures/torn\.png: truncated.*/Pictures/torn\.png\)$"):
        strict[bad]
    lenient = manifest.dataset("torn", on_error="skip")
    assert lenient[bad]["file_id"] == lenient.file_ids[(bad + 1) % len(lenient)]
    assert len(lenient.__getitems__(range(len(lenient)))) == len(lenient) - 1


def test_sequential_archives_are_refused_or_spilled_once(
    manifest: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match=r"^1 of 13 images are in .* \(packed\.tar\.gz\): name a folder with"):
        manifest.dataset("packed")
    dataset = manifest.dataset("packed", spill=tmp_path)
    index = dataset.file_ids.index("packed/one.png")
    assert dataset[index]["image"].getpixel((0, 0)) == (0, 0, 255)
    monkeypatch.setattr("indexer.lookup.spilling.read_members", None)  # a second spill would fail
    assert manifest.dataset("packed", spill=tmp_path)[index]["image"].size == (24, 16)


def test_images_that_are_gone_are_named(manifest: Manifest) -> None:
    with manifest.options.writing() as store:
        store.execute("insert into selection select 'gone', 'train', 0, 'cnn/none.png', 'listed', '', null")
        store.execute("insert into selection select 'gone', 'train', 1, 'cnn/progan/1_fake/0.png', 'listed', '', null")
    with pytest.raises(RecipeError, match=r"1 images of selection 'gone' are not .*, such as 'cnn/none\.png'"):
        manifest.dataset("gone")
    assert len(manifest.dataset("gone", on_error="skip")) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "trian"}, "selection 'cnn' has no split 'trian': did you mean 'train'?"),
        ({"columns": ("lable",)}, "columns: there is no column 'lable': did you mean 'label'?"),
        ({"on_error": "ignore"}, "on_error='ignore': use 'raise' or 'skip'"),
    ],
)
def test_wrong_options_are_named(manifest: Manifest, options: dict[str, Any], message: str) -> None:
    with pytest.raises((ConfigError, RecipeError)) as caught:
        manifest.dataset("cnn", **options)
    assert str(caught.value) == message


def _ids(items: Iterator[Any]) -> list[str]:
    return [item["file_id"] for item in items]


def test_a_stream_has_every_image_once_per_epoch(manifest: Manifest) -> None:
    dataset = manifest.dataset("cnn", transform=_size)
    stream = dataset.stream(shuffle=4)
    first = _ids(iter(stream))
    assert sorted(first) == sorted(dataset.file_ids)
    assert _ids(iter(stream)) == first
    stream.set_epoch(1)
    assert _ids(iter(stream)) != first
    assert _ids(iter(dataset.stream(shuffle=0))) == [dataset.file_ids[index] for index in dataset.byte_order()]


def test_images_in_a_shuffle_buffer_are_not_decoded(manifest: Manifest) -> None:
    decoded: list[Any] = []
    stream = iter(manifest.dataset("cnn", transform=decoded.append).stream(shuffle=5))
    next(stream)
    assert len(decoded) == 1


def test_ranks_get_equal_disjoint_parts(manifest: Manifest) -> None:
    dataset = manifest.dataset("cnn", transform=_size)
    parts = [_ids(iter(dataset.stream(rank=rank, world_size=5))) for rank in range(5)]
    assert [len(part) for part in parts] == [2] * 5
    assert len({file_id for part in parts for file_id in part}) == 10
    with pytest.raises(ConfigError, match="rank 5 of 5"):
        dataset.stream(rank=5, world_size=5)


def test_a_negative_shuffle_buffer_is_an_error(manifest: Manifest) -> None:
    with pytest.raises(ConfigError, match="shuffle=-1: give a number of images"):
        manifest.dataset("cnn").stream(shuffle=-1)
