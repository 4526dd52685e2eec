"""Rows and their images -> Arrow record batches, bounded by bytes.

Image bytes are copied once, from the buffers they were read into to one data buffer per batch. Arrow builds no Python
list of them. No batch comes near the 2 GiB that 32-bit offsets can address.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexer.base.errors import BadData
from materializer.models import Feature
from materializer.shards import schema as columns
from materializer.shards.transform import PreparedImage

# Batches that fit the processor's cache are written twice as fast as batches of 100 MB.
BATCH_SIZE = 8_000_000
MAX_IMAGE_SIZE = {Feature.LARGE: (1 << 63) - 1, Feature.STANDARD: (1 << 31) - 1}

_OFFSETS = {Feature.LARGE: np.int64, Feature.STANDARD: np.int32}


def record_batches(rows: pa.Table, images: Sequence[PreparedImage], feature: Feature) -> Iterator[pa.RecordBatch]:
    """Yield the output's rows in order, in batches of at most ``BATCH_SIZE`` image bytes, or of one larger image."""
    start = size = 0
    for end, image in enumerate(images):
        if end > start and size + len(image.data) > BATCH_SIZE:
            yield _batch(rows.slice(start, end - start), images[start:end], feature)
            start, size = end, 0
        size += len(image.data)
    if start < len(images):
        yield _batch(rows.slice(start), images[start:], feature)


def too_large(image: PreparedImage, feature: Feature) -> BadData | None:
    """Return the reason why the feature cannot store an image, or None: the standard one has 32-bit offsets."""
    if len(image.data) <= MAX_IMAGE_SIZE[feature]:
        return None
    return BadData(
        "too_large", f"{len(image.data)} bytes, the standard image feature holds 2 GiB: use --image-feature large"
    )


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


def _batch(rows: pa.Table, images: Sequence[PreparedImage], feature: Feature) -> pa.RecordBatch:
    schema = columns.schema(feature)
    file_ids = rows["file_id"].to_pylist()
    names = [file_name(file_id, image.suffix) for file_id, image in zip(file_ids, images, strict=True)]
    arrays = {
        "image": _image_array(images, names, feature),
        "height": pa.array([image.height for image in images], pa.uint32()),
        "width": pa.array([image.width for image in images], pa.uint32()),
        **{name: _one_chunk(rows[column]) for name, column in columns.TEXTS.items()},
        "label": _one_chunk(rows["label"]),
        "paired_real_images": _one_chunk(rows["paired_real_images"]),
    }
    return pa.RecordBatch.from_arrays([pc.cast(arrays[field.name], field.type) for field in schema], schema=schema)


def _image_array(images: Sequence[PreparedImage], names: Sequence[str], feature: Feature) -> pa.StructArray:
    blob, path = (field.type for field in columns.image_type(feature))
    offsets = np.zeros(len(images) + 1, _OFFSETS[feature])
    np.cumsum([len(image.data) for image in images], out=offsets[1:])
    data = images[0].data if len(images) == 1 else b"".join(image.data for image in images)
    stored = pa.Array.from_buffers(blob, len(images), [None, pa.py_buffer(offsets), pa.py_buffer(data)])
    return pa.StructArray.from_arrays([stored, pa.array(names, path)], ["bytes", "path"])


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
