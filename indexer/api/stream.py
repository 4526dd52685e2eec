"""An iterable view of a dataset: runs of neighbouring images in random order, with a shuffle buffer."""

import hashlib
import os
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

from indexer.base.errors import BadData, ConfigError

Sample = dict[str, Any]
StoredSample = tuple[dict[str, Any], bytes | BadData]  # row, stored bytes

_RUN = 256  # images that are neighbours in their container and are read together
_READ = 32  # images that are read at once


def _from_environment(name: str, default: int) -> int:
    return int(os.environ.get(name, default))


class StoredItems(Protocol):
    """A map-style dataset that knows the order of its bytes."""

    @property
    def file_ids(self) -> list[str]:
        """The file_ids in the order of the items."""

    def byte_order(self) -> list[int]:
        """Return all indices in the order in which their bytes are stored."""

    def read(self, indices: Sequence[int]) -> list[StoredSample]:
        """Return the rows and bytes of several items, in the given order."""

    def decoded(self, stored: StoredSample) -> Sample | None:
        """Return the item of a row and its bytes; None if it is skipped."""

    def __len__(self) -> int: ...


@dataclass(slots=True)
class ImageStream:
    """Iterate over a dataset once per epoch. Each rank and each worker of a DataLoader gets its own part.

    All ranks have the same number of images: fewer than ``world_size`` images are left out per epoch. Persistent
    workers do not see ``set_epoch``: they count the epochs from the one in which they started.

    Attributes:
        dataset: the images.
        shuffle: size of the shuffle buffer, which holds images as they are stored; 0 reads in the order of bytes.
        seed: of the order.
        rank, world_size: of this process; default: the variables RANK and WORLD_SIZE that torchrun sets.
        epoch: each epoch has another order; see :meth:`set_epoch`.
    """

    dataset: StoredItems
    shuffle: int = 1_000
    seed: int = 0
    rank: int = field(default_factory=lambda: _from_environment("RANK", 0))
    world_size: int = field(default_factory=lambda: _from_environment("WORLD_SIZE", 1))
    epoch: int = 0
    _iterations: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the values. Raises ConfigError."""
        if self.shuffle < 0:
            raise ConfigError(f"shuffle={self.shuffle}: give a number of images, or 0 for the order of the bytes")
        if not 0 <= self.rank < self.world_size:
            raise ConfigError(f"rank {self.rank} of {self.world_size}: give a rank from 0 to world_size - 1")

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch, which changes the order. Call it before iterating."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.dataset) // self.world_size

    def __iter__(self) -> Iterator[Sample]:
        worker, workers = _worker()
        epoch = self.epoch
        if workers:
            epoch += self._iterations
            self._iterations += 1
        order = self._order(epoch)
        first = self.rank * len(self)
        begin, end = (first + len(self) * number // max(workers, 1) for number in (worker, worker + 1))
        stored = self._stored(order[begin:end])
        if self.shuffle:
            stored = self._shuffled(stored, f"{self.seed} {epoch} {self.rank} {worker}")
        return (sample for each in stored if (sample := self.dataset.decoded(each)) is not None)

    def _order(self, epoch: int) -> list[int]:
        """Return all indices: runs of neighbours, ordered by a hash of seed, epoch and file_id."""
        stored = self.dataset.byte_order()
        if not self.shuffle:
            return stored
        ids = self.dataset.file_ids
        runs = [stored[start : start + _RUN] for start in range(0, len(stored), _RUN)]
        runs.sort(key=lambda run: hashlib.sha256(f"{self.seed} {epoch} {ids[run[0]]}".encode()).digest())
        return [index for run in runs for index in run]

    def _stored(self, order: Sequence[int]) -> Iterator[StoredSample]:
        for start in range(0, len(order), _READ):
            yield from self.dataset.read(order[start : start + _READ])

    def _shuffled(self, stored: Iterator[StoredSample], seed: str) -> Iterator[StoredSample]:
        """Yield the samples in random order: each from a buffer of ``shuffle`` samples, which are not decoded yet."""
        chance = random.Random(seed)  # noqa: S311 - no secret
        buffer: list[StoredSample] = []
        for sample in stored:
            if len(buffer) < self.shuffle:
                buffer.append(sample)
                continue
            place = chance.randrange(self.shuffle)
            buffer[place], sample = sample, buffer[place]  # noqa: PLW2901
            yield sample
        chance.shuffle(buffer)
        yield from buffer


def image_stream(dataset: StoredItems, **how: Any) -> ImageStream:
    """Return a stream that PyTorch's DataLoader takes for an IterableDataset, if PyTorch is loaded in this process."""
    torch = sys.modules.get("torch")
    if torch is None:
        return ImageStream(dataset, **how)
    made: ImageStream = _torch_class(torch.utils.data.IterableDataset)(dataset, **how)
    return made


def _torch_class(base: type) -> type:
    return type("TorchImageStream", (ImageStream, base), {"__reduce__": _reduce})


def _reduce(stream: ImageStream) -> tuple[Any, ...]:
    """Pickle the stream as a call: its class is made in each process."""
    values = {each.name: getattr(stream, each.name) for each in fields(ImageStream) if each.init}
    return _restored, (values,)


def _restored(values: dict[str, Any]) -> ImageStream:
    return image_stream(**values)


def _worker() -> tuple[int, int]:
    """Return number and count of this DataLoader worker; 0 and 0 outside of workers."""
    torch = sys.modules.get("torch")
    info = torch.utils.data.get_worker_info() if torch else None
    return (info.id, info.num_workers) if info else (0, 0)
