"""PyTorch's DataLoader on ``Manifest.dataset`` and its stream, where PyTorch is installed."""

from typing import Any

import pytest

from indexer import Manifest

pytestmark = pytest.mark.slow
data = pytest.importorskip("torch.utils.data")


def _width(image: Any) -> int:
    return int(image.width)


@pytest.mark.parametrize(("method", "keeps_workers"), [("fork", False), ("spawn", True)])
def test_workers_read_each_image_once_per_epoch(manifest: Manifest, method: str, keeps_workers: bool) -> None:
    dataset = manifest.dataset("cnn", transform=_width)
    dataset[0]  # its containers are open when workers start
    stream = dataset.stream(shuffle=4)
    options = {"num_workers": 2, "multiprocessing_context": method, "persistent_workers": keeps_workers}
    loaders = [data.DataLoader(dataset, batch_size=3, shuffle=True, **options), data.DataLoader(stream, 3, **options)]
    for loader in loaders:
        orders = []
        for epoch in range(2):
            stream.set_epoch(epoch)
            batches = list(loader)
            orders.append([file_id for batch in batches for file_id in batch["file_id"]])
            assert {width for batch in batches for width in batch["image"].tolist()} == {24}
        assert sorted(orders[0]) == sorted(orders[1]) == sorted(dataset.file_ids)
        assert orders[0] != orders[1]


@pytest.mark.parametrize("size", [1, 2, 4])
def test_batches_without_a_readable_image_get_another_one(manifest: Manifest, size: int) -> None:
    dataset = manifest.dataset("torn", transform=_width, on_error="skip")
    batches = list(data.DataLoader(dataset, batch_size=size))
    assert len(batches) == len(dataset) / size
    assert "Pictures/torn.png" not in {file_id for batch in batches for file_id in batch["file_id"]}


def test_error_of_a_worker_names_the_image(manifest: Manifest) -> None:
    loader = data.DataLoader(manifest.dataset("torn", transform=_width), batch_size=4, num_workers=1)
    with pytest.raises(Exception, match=r"Pictures/torn\.png: truncated"):
        list(loader)


def test_samplers_use_labels(manifest: Manifest) -> None:
    dataset = manifest.dataset("cnn", transform=_width)
    weights = [1.0 if label else 0.0 for label in dataset.labels]
    loader = data.DataLoader(dataset, batch_size=4, sampler=data.WeightedRandomSampler(weights, 8))
    assert {label for batch in loader for label in batch["label"].tolist()} == {1}
