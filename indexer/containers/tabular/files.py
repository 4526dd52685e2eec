"""Open Arrow and Parquet files such that nothing is read before it is needed."""

import io
import mmap
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.base.byte_file import ByteFile
from indexer.base.remote import Root, Url, object_file
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.kinds import Kind
from indexer.containers.models import Container
from indexer.containers.tabular.columns import refuse_repeats

_BUFFER = 1 << 20
_FILE_MAGIC = b"ARROW1"
_STREAM_END = b"\xff\xff\xff\xff\0\0\0\0"


def path_of(container: Container) -> Root:
    """Return the path of the container's only file."""
    return container.root / container.volumes[0].path


def schema_of(container: Container) -> pa.Schema:
    """Read the schema: the head of an Arrow file, the footer of a Parquet file. Raises BadData for repeated names."""
    if container.kind == Kind.PARQUET:
        with parquet(path_of(container)) as file:
            return refuse_repeats(file.schema_arrow)
    with _arrow_reader(path_of(container)) as reader:
        return refuse_repeats(reader.schema)


def schema_in(content: ByteRange, kind: Kind) -> pa.Schema:
    """Read the schema of a file inside an archive. Raises BadData for repeated names, pa.ArrowException."""
    if kind == Kind.PARQUET:
        return refuse_repeats(pq.read_schema(ByteFile(content)))
    is_file = content.read(0, len(_FILE_MAGIC)) == _FILE_MAGIC
    return refuse_repeats((pa.ipc.open_file if is_file else pa.ipc.open_stream)(ByteFile(content)).schema)


def parquet(path: Root) -> pq.ParquetFile:
    """Open a Parquet file whose columns are read in small pieces, and pages verified if they have checksums."""
    file = object_file(path) if isinstance(path, Url) else path
    return pq.ParquetFile(file, pre_buffer=False, buffer_size=_BUFFER, page_checksum_verification=True)


def arrow_batches(path: Root) -> Iterator[pa.RecordBatch]:
    """Yield the record batches of an Arrow stream or file through a memory map: bytes are read when they are used.

    Object storage cannot be mapped: batches are read as a whole, those of a stream from its start.
    """
    with _arrow_reader(path) as reader:
        if isinstance(reader, pa.RecordBatchFileReader):
            yield from (reader.get_batch(index) for index in range(reader.num_record_batches))
        else:
            yield from reader


def _arrow_reader(path: Root) -> pa.RecordBatchFileReader | pa.RecordBatchStreamReader:
    if isinstance(path, Url):
        remote = object_file(path)
        is_file = remote.read(len(_FILE_MAGIC)) == _FILE_MAGIC
        remote.seek(0)
        return pa.ipc.open_file(remote) if is_file else pa.ipc.open_stream(remote)
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    mapped.madvise(mmap.MADV_RANDOM)  # otherwise the kernel reads megabytes of image around each offset
    opener = pa.ipc.open_file if mapped[: len(_FILE_MAGIC)] == _FILE_MAGIC else pa.ipc.open_stream
    return opener(pa.BufferReader(pa.py_buffer(mapped)))


def _opened(path: Root) -> io.RawIOBase:
    return object_file(path) if isinstance(path, Url) else path.open("rb", buffering=0)


def has_end(path: Root) -> bool:
    """Return whether the writer closed an Arrow stream; readers accept a stream that ends anywhere.

    See https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format.
    """
    with _opened(path) as file:
        is_stream = file.read(len(_FILE_MAGIC)) != _FILE_MAGIC
        file.seek(-min(len(_STREAM_END), path.stat().st_size), 2)
        return not is_stream or file.read(len(_STREAM_END)) == _STREAM_END
