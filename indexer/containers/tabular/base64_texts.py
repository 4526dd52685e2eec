"""Find columns of texts that hold images in base64."""

import re
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.containers.kinds import Kind
from indexer.containers.models import Container
from indexer.containers.tabular.files import arrow_batches, parquet, path_of

# The first bytes of JPEG, PNG, WebP, GIF and TIFF in base64, and a data URL.
_BASE64_IMAGE = re.compile(r"data:image/|/9j/|iVBORw0KGgo|UklGR|R0lGOD|SUkqA|TU0AK")
_SHORTEST = 200  # bytes per text, on average: columns of shorter texts are not read
_ROWS_READ = 16


def base64_images(container: Container) -> tuple[str, ...]:
    """Return the columns whose first texts are images in base64; only a few rows of columns of long texts are read."""
    is_parquet = container.kind == Kind.PARQUET
    return tuple(_in_parquet(container) if is_parquet else _in_arrow(container))


def _in_parquet(container: Container) -> Iterator[str]:
    with parquet(path_of(container)) as file:
        if not file.num_row_groups:
            return
        names = [name for name in _texts(file.schema_arrow) if _is_long(file, name)]
        batch = next(file.iter_batches(_ROWS_READ, row_groups=[0], columns=names), None) if names else None
        yield from (name for name in names if batch is not None and _begins_image(batch.column(name)))


def _is_long(file: pq.ParquetFile, name: str) -> bool:
    group = file.metadata.row_group(0)
    leaves = [group.column(index) for index in range(group.num_columns)]
    size = sum(leaf.total_uncompressed_size for leaf in leaves if leaf.path_in_schema == name)
    return bool(size >= _SHORTEST * group.num_rows > 0)


def _in_arrow(container: Container) -> Iterator[str]:
    for batch in arrow_batches(path_of(container)):
        if batch.num_rows:
            first = batch.slice(0, _ROWS_READ)
            yield from (name for name in _texts(batch.schema) if _begins_image(first.column(name)))
            return


def _texts(schema: pa.Schema) -> list[str]:
    return [f.name for f in schema if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)]


def _begins_image(texts: pa.Array) -> bool:
    data = texts.view(pa.large_binary() if pa.types.is_large_string(texts.type) else pa.binary())  # of any encoding
    data.validate(full=True)  # using invalid offsets would crash the process
    first = next((text for text in data.to_pylist() if text), b"").decode("ascii", "replace")
    return len(first) >= _SHORTEST and _BASE64_IMAGE.match(first) is not None
