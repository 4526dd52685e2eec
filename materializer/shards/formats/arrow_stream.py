"""Arrow streams, and their digest of kind ``images`` (:mod:`materializer.shards.digests`).

A stream is a list of messages; the bytes of a batch's images are one range of its message. In ten lines::

    whole = pa.memory_map("train/data-00000-of-00001.arrow").read_buffer()
    digest, view, at = sha256(), memoryview(whole), 0
    for batch in pa.ipc.open_stream(whole):
        _, offsets, data = batch["image"].field("bytes").buffers()
        ends = np.frombuffer(offsets, np.int64)[: len(batch) + 1].tolist()  # of the standard feature: np.int32
        for start, end in pairwise(data.address - whole.address + end for end in ends):
            digest.update(view[at:start])
            digest.update(sha256(view[start:end]).digest())
            at = end
    digest.update(view[at:])
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa

from indexer.base.durable import HashingFile
from materializer.shards.digests import ImagesDigest
from materializer.shards.record_batches import blobs


class _DigestedFile:
    """The file that Arrow writes to. It digests all bytes but the image data that it expects."""

    closed = False

    def __init__(self, file: HashingFile) -> None:
        self._file = file
        self._images: pa.Buffer | None = None
        self._digests = b""
        self.digest = ImagesDigest()
        self.tell, self.flush = file.tell, file.flush

    def expect(self, images: pa.Buffer | None, digests: bytes) -> None:
        """Digest ``digests`` when ``images`` are written."""
        self._images, self._digests = images, digests

    def write(self, data: Any) -> int:
        """Append ``data``; return its number of bytes."""
        if _is_same(pa.py_buffer(data), self._images):
            self.digest.add_images(self._digests)
            self._images = None
        else:
            self.digest.add_bytes(data)
        return self._file.write(data)


class ArrowStream:
    """A stream being written, with its digest so far."""

    def __init__(self, file: _DigestedFile, writer: pa.ipc.RecordBatchStreamWriter) -> None:
        self._file, self._writer = file, writer

    def write(self, batch: pa.RecordBatch, digests: bytes | None) -> None:
        """Append a batch; ``digests`` are the sha256 of its images, 32 bytes each, or None if it has none."""
        if digests is not None:
            self._file.expect(_image_data(batch), digests)
        self._writer.write_batch(batch)

    @property
    def digest(self) -> str:
        """The digest, once the context has ended."""
        return self._file.digest.text


@contextmanager
def arrow_stream(file: HashingFile, schema: pa.Schema) -> Iterator[ArrowStream]:
    """Begin a stream, and end it with the context."""
    digested = _DigestedFile(file)
    with pa.ipc.new_stream(pa.PythonFile(digested, mode="w"), schema) as writer:
        yield ArrowStream(digested, writer)


def digest_of(path: Path) -> str:
    """Return the digest of an Arrow stream. Raises OSError, pyarrow.ArrowInvalid, ValueError, KeyError."""
    digest, at = ImagesDigest(), 0
    with pa.memory_map(str(path)) as file:
        whole = file.read_buffer()
        view = memoryview(whole)
        for batch in pa.ipc.open_stream(whole):
            batch.validate(full=True)  # Arrow follows a damaged offset to any address
            images = _image_data(batch)
            if images is not None:
                start = images.address - whole.address
                digest.add_bytes(view[at:start])
                digest.add_images(digests_of(batch))
                at = start + images.size
        digest.add_bytes(view[at:])
    return digest.text


def digests_of(batch: pa.RecordBatch) -> bytes:
    """Return the sha256 of a batch's images, 32 bytes each."""
    return b"".join(sha256(image).digest() for image in blobs(batch["image"].field("bytes")))


def _image_data(batch: pa.RecordBatch) -> pa.Buffer | None:
    return batch["image"].field("bytes").buffers()[2]


def _is_same(one: pa.Buffer, other: pa.Buffer | None) -> bool:
    return other is not None and (one.address, one.size) == (other.address, other.size)
