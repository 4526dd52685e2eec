"""A map-style dataset that reads images from their archives: for ``torch.utils.data.DataLoader``, without a build."""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, overload

import pyarrow as pa

from indexer.api.stream import ImageStream, Sample, StoredSample, image_stream
from indexer.base.errors import BadData, ConfigError, ImageError
from indexer.base.suggestions import nearest
from indexer.containers.from_manifest import stored_member
from indexer.containers.models import ArchiveLimits, Container, MemberRef
from indexer.containers.open_containers import OpenContainers
from indexer.images import ImageLimits, open_shown
from indexer.images.colour import is_plain_rgb, to_rgb
from indexer.lookup.locating import LocatedImage
from indexer.lookup.reading import image_error
from indexer.lookup.selected import SelectedRows, with_random_access

_LOCATION = ("member_id", "container_id", "ordinal", "path", "name", "name_bytes", "access", "offset", "packed_size",
             "size", "method", "crc32")  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How images are read: ``transform`` of the RGB image; ``on_error`` raise or skip; limits for untrusted bytes."""

    transform: Callable[[Any], Any] | None = None
    on_error: str = "raise"
    columns: tuple[str, ...] = ("label", "generator", "file_id")
    limits: ArchiveLimits = field(default_factory=ArchiveLimits)
    image_limits: ImageLimits = field(default_factory=ImageLimits)

    @property
    def skips(self) -> bool:
        """Whether images that cannot be used are left out."""
        return self.on_error == "skip"

    def __post_init__(self) -> None:
        """Check the values. Raises ConfigError."""
        if self.on_error not in ("raise", "skip"):
            raise ConfigError(f"on_error='{self.on_error}': use 'raise' or 'skip'")


class ImageDataset:
    """The images of a selection, in its order. Item ``i`` is a dictionary: ``image``, and the chosen columns.

    ``image`` is RGB, upright, transparency on white, as in a built dataset; then ``transform`` is applied. Containers
    are opened once per process. The dataset can be pickled; forked and spawned workers open containers of their own.
    """

    def __init__(self, rows: pa.Table, containers: Mapping[int, Container], options: ReadOptions) -> None:
        self._rows = rows
        self._containers = containers
        self._options = options
        self._open = OpenContainers(options.limits)

    def __len__(self) -> int:
        return int(self._rows.num_rows)

    @overload
    def __getitem__(self, index: int) -> Sample: ...

    @overload
    def __getitem__(self, index: slice) -> list[Sample]: ...

    def __getitem__(self, index: int | slice) -> Sample | list[Sample]:
        """Return one item, or the items of a slice as :meth:`samples` does.

        Raises:
            IndexError: there is no such item.
            ImageError: the image cannot be read or decoded. With ``on_error="skip"`` the next readable image is
                returned instead.
        """
        if isinstance(index, slice):
            return self.samples(range(*index.indices(len(self))))
        first = self._number(index)
        for offset in range(len(self)):
            found = self.samples([(first + offset) % len(self)])
            if found:
                return found[0]
        raise ImageError(f"none of the {len(self):,} images can be read")

    def __getitems__(self, indices: Sequence[int]) -> list[Sample]:
        """Return a batch for DataLoader: as :meth:`samples`, but one other item instead of none, which has no batch."""
        return self.samples(indices) or [self[index] for index in indices[:1]]

    def samples(self, indices: Sequence[int]) -> list[Sample]:
        """Return several items in the given order, read in the order of their bytes.

        Raises:
            IndexError: there is no such item.
            ImageError: an image cannot be read or decoded. With ``on_error="skip"`` it is left out.
        """
        return [sample for stored in self.read(indices) if (sample := self.decoded(stored)) is not None]

    def read(self, indices: Sequence[int]) -> list[StoredSample]:
        """Return the rows and bytes of several items in the given order, read in the order of their bytes.

        Raises:
            IndexError: there is no such item.
        """
        taken = self._rows.take(pa.array(map(self._number, indices), pa.int64()))
        rows = taken.to_pylist(maps_as_pydicts="strict")
        found = dict(self._read(rows))
        return [(row, found[key]) for key, row in enumerate(rows)]

    def decoded(self, stored: StoredSample) -> Sample | None:
        """Return the item of a row and its bytes; None if it cannot be used and is skipped.

        Raises:
            ImageError: as :meth:`samples`.
        """
        row, data = stored
        try:
            if isinstance(data, BadData):
                raise data
            shown = open_shown(data, self._options.image_limits)
            image = shown.image if is_plain_rgb(shown) else to_rgb(shown)
        except BadData as bad:
            if self._options.skips:
                return None
            located = LocatedImage(row["file_id"], self._containers[row["container_id"]], stored_member(row, 0))
            raise image_error(located, bad) from None
        transformed = self._options.transform(image) if self._options.transform else image
        return {"image": transformed, **{name: row[name] for name in self._options.columns}}

    def stream(self, **how: Any) -> ImageStream:
        """Return an iterable view in shuffled order of bytes; see :class:`indexer.api.stream.ImageStream`."""
        return image_stream(self, **how)

    @property
    def file_ids(self) -> list[str]:
        """The file_ids in the order of the items."""
        return list(self._rows.column("file_id").to_pylist())

    @property
    def labels(self) -> list[int]:
        """The labels in the order of the items: 0 real, 1 fake; for samplers that balance classes."""
        return list(self._rows.column("label").to_pylist())

    def byte_order(self) -> list[int]:
        """Return all indices in the order in which their bytes are stored."""
        order = [("container_id", "ascending"), ("offset", "ascending"), ("ordinal", "ascending")]
        numbered = self._rows.select(["container_id", "offset", "ordinal"]).append_column(
            "number", pa.array(range(len(self)), pa.int64())
        )
        return list(numbered.sort_by(order).column("number").to_pylist())

    def _number(self, index: int) -> int:
        number = operator.index(index)
        if not -len(self) <= number < len(self):
            raise IndexError(f"no item {number}: the dataset has {len(self):,}")
        return number % len(self)

    def _read(self, rows: Sequence[dict[str, Any]]) -> Iterator[tuple[int, bytes | BadData]]:
        """Yield position and bytes of each row, container by container."""
        by_container: dict[int, list[MemberRef]] = {}
        for key, row in sorted(enumerate(rows), key=lambda one: (one[1]["offset"] or 0, one[1]["ordinal"])):
            by_container.setdefault(row["container_id"], []).append(stored_member(row, key))
        for container_id in sorted(by_container):
            yield from self._open.read(self._containers[container_id], by_container[container_id])

    def __repr__(self) -> str:
        return f"ImageDataset({len(self):,} images in {len(self._containers):,} containers)"


def open_dataset(selected: SelectedRows, options: ReadOptions, spill: Path | None) -> ImageDataset:
    """Return a dataset of the rows; those that need a sequential read are copied to the folder ``spill`` first.

    Raises:
        ConfigError: a column is unknown, or rows need ``spill``.
        ImageError: a row cannot be copied.
    """
    rows = checked_columns(selected.rows, options.columns)
    located = with_random_access(
        SelectedRows(rows, selected.containers), spill, options.limits, skips_bad=options.skips
    )
    return ImageDataset(located.rows, located.containers, options)


def checked_columns(rows: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Return the columns that a dataset keeps in memory: those of its items, and the locations.

    Raises:
        ConfigError: the rows lack a column.
    """
    for name in columns:
        if name not in rows.column_names:
            raise ConfigError(f"columns: there is no column '{name}': {nearest(name, rows.column_names)}")
    return rows.select(list(dict.fromkeys((*columns, "file_id", "label", *_LOCATION)))).combine_chunks()
