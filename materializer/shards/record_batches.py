"""Rows and their images -> Arrow record batches, bounded by bytes.

The images of a batch that are stored one after the other in memory are its data buffer; others are copied to one. Arrow
builds no Python list of them. No batch comes near the 2 GiB that 32-bit offsets can address.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexer.base.errors import BadData
from materializer.further_columns import image_columns, text_columns
from materializer.models import Feature, Settings
from materializer.shards import schema as columns
from materializer.shards.transform import PreparedImage

# Batches that fit the processor's cache are written twice as fast as batches of 100 MB.
BATCH_SIZE = 8_000_000
_LARGEST_STANDARD = (1 << 31) - 1

_OFFSETS = {Feature.LARGE: np.int64, Feature.STANDARD: np.int32}


class ImageBatch(NamedTuple):
    """Rows of the output, and the sha256 of their images, 32 bytes each."""

    rows: pa.RecordBatch
    digests: bytes


class BatchMaker:
    """Makes the output's rows, in order, into batches of at most ``BATCH_SIZE`` image bytes, or of one larger image.

    ``copies``: the batches are used after the window of their images.
    """

    def __init__(self, settings: Settings, *, copies: bool = False) -> None:
        self._settings, self._copies = settings, copies
        self._schema = columns.schema(settings)
        self._rows: list[pa.Table] = []
        self._images: list[PreparedImage] = []

    def add(self, rows: pa.Table, images: Sequence[PreparedImage], *, ends_window: bool) -> Iterator[ImageBatch]:
        """Yield the batches that ``rows`` complete. A window ends its last batch; a large image is a batch at once."""
        older = len(self._images)
        rows, images = pa.concat_tables([*self._rows, rows]), [*self._images, *images]
        start = size = 0
        for end, image in enumerate(images):
            added = image.stored_size
            if end > start and size + added > BATCH_SIZE:
                yield self._batch(rows.slice(start, end - start), images[start:end])
                start, size = end, 0
            size += added
        if start < len(images) and (ends_window or size > BATCH_SIZE):
            yield self._batch(rows.slice(start), images[start:])
            start = len(images)
        self._rows = [rows.slice(start)]
        self._images = [*map(_copied, images[start:older]), *images[max(start, older) :]]

    def _batch(self, rows: pa.Table, images: Sequence[PreparedImage]) -> ImageBatch:
        file_ids = rows["file_id"].to_pylist()
        named = self._settings.columns
        further = rows["further"].combine_chunks() if named else None
        arrays = {
            "image": self._image_array(images, file_ids),
            "height": pa.array([image.height for image in images], pa.uint32()),
            "width": pa.array([image.width for image in images], pa.uint32()),
            **{name: _one_chunk(rows[column]) for name, column in columns.texts(self._settings).items()},
            "label": _one_chunk(rows["label"]),
            "paired_real_images": _one_chunk(rows["paired_real_images"]),
            **{name: pc.list_element(further, at) for name, at in text_columns(named).items()},
            **{
                name: self._image_array([image.companions.get(at) for image in images], file_ids)
                for name, at in image_columns(named).items()
            },
        }
        columns_ = [_of_type(arrays[field.name], field.type) for field in self._schema]
        digests = bytes.fromhex("".join(image.sha256 for image in images))
        return ImageBatch(pa.RecordBatch.from_arrays(columns_, schema=self._schema), digests)

    def _image_array(self, images: Sequence[PreparedImage | None], file_ids: Sequence[str]) -> pa.StructArray:
        """Return an array of images, null where there is none, named by the ids of their rows."""
        names = [image and file_name(file_id, image.suffix) for file_id, image in zip(file_ids, images, strict=True)]
        feature = self._settings.feature
        blob, path = (field.type for field in columns.image_type(feature))
        offsets = np.zeros(len(images) + 1, _OFFSETS[feature])
        np.cumsum([len(image.data) if image else 0 for image in images], out=offsets[1:])
        data = _joined([pa.py_buffer(image.data) for image in images if image], copies=self._copies)
        stored = pa.Array.from_buffers(blob, len(images), [None, pa.py_buffer(offsets), data])
        missing = pa.array([image is None for image in images]) if None in images else None
        return pa.StructArray.from_arrays([stored, pa.array(names, path)], ["bytes", "path"], mask=missing)


def too_large(image: PreparedImage, feature: Feature) -> BadData | None:
    """Return the reason why the feature cannot store an image, or None: the standard one has 32-bit offsets."""
    if feature is Feature.LARGE:
        return None
    largest = max(len(one.data) for one in (image, *image.companions.values()))
    if largest <= _LARGEST_STANDARD:
        return None
    return BadData("too_large", f"{largest} bytes, the standard image feature holds 2 GiB: use --image-feature large")


def blobs(images: pa.Array) -> Iterator[memoryview]:
    """Yield the values of a binary array of either offset size, without copying them."""
    kind = _OFFSETS[Feature.LARGE if pa.types.is_large_binary(images.type) else Feature.STANDARD]
    _, offsets, data = images.buffers()
    ends = np.frombuffer(offsets, kind)[images.offset : images.offset + len(images) + 1]
    view = memoryview(data) if data is not None else memoryview(b"")
    for start, end in pairwise(ends.tolist()):
        yield view[start:end]


def file_name(file_id: str, suffix: str) -> str:
    """Return the name of an image in the output; it does not depend on how the source is packed."""
    name = file_id.rstrip("/").rpartition("/")[2] or "image"
    return name if name.lower().endswith(f".{suffix}") else f"{name}.{suffix}"


def _joined(buffers: Sequence[pa.Buffer], *, copies: bool) -> pa.Buffer:
    """Return the bytes of ``buffers`` as one; without a copy if they are stored one after the other, if allowed."""
    adjoin = all(one.address + one.size == following.address for one, following in pairwise(buffers))
    if buffers and adjoin and not copies:
        return pa.foreign_buffer(buffers[0].address, sum(one.size for one in buffers), base=buffers)
    return pa.py_buffer(b"".join(buffers))


def _copied(image: PreparedImage) -> PreparedImage:
    """Return an image in memory of its own: it waits for others, and the memory of its piece is used again."""
    return image._replace(data=bytes(image.data))


def _of_type(array: pa.Array, type_: pa.DataType) -> pa.Array:
    return array if array.type == type_ else pc.cast(array, type_)


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
