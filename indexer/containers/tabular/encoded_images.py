"""Find columns that hold images in another form than cells of bytes, by the first bytes of their first rows."""

import re
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum

import pyarrow as pa
import pyarrow.compute as pc

from indexer.containers.first_bytes import begins_image
from indexer.containers.kinds import HEAD_SIZE, Kind
from indexer.containers.models import Container
from indexer.containers.tabular.files import arrow_batches, parquet, path_of

# The first bytes of JPEG, PNG, WebP, GIF and TIFF in base64, and a data URL.
_BASE64_IMAGE = re.compile(rb"data:image/|/9j/|iVBORw0KGgo|UklGR|R0lGOD|SUkqA|TU0AK")
_SHORTEST = 200  # bytes per row, on average: columns of shorter values are not read
_ROWS_READ = 16
_MOST_READ = 4 << 20  # bytes per column of a Parquet file, whose pages are read as a whole


class Form(StrEnum):
    """The form of a column's images, as findings name it."""

    BASE64 = "base64 text"
    NUMBERS = "a list of numbers"
    FIXED_SIZE = "binaries of a fixed size"


def encoded_images(container: Container) -> dict[str, Form]:
    """Return the columns whose first image is not a cell of its bytes, by name; only a few rows are read."""
    is_parquet = container.kind == Kind.PARQUET
    found: dict[str, Form] = {}
    for name, values in _of_parquet(container) if is_parquet else _of_arrow(container):
        form = next(filter(None, map(_form_of, _leaves(values))), None)
        if form is not None:
            found.setdefault(name, form)
    return found


def _of_parquet(container: Container) -> Iterator[tuple[str, pa.Array]]:
    """Yield the first rows of each column of long values in the first row group, the fields of a struct one by one."""
    with parquet(path_of(container)) as file:
        if not file.num_row_groups or not (group := file.metadata.row_group(0)).num_rows:
            return
        for index in range(group.num_columns):
            leaf = group.column(index)
            average = leaf.total_uncompressed_size // group.num_rows
            if _SHORTEST <= average <= _MOST_READ and leaf.physical_type not in ("FLOAT", "DOUBLE", "BOOLEAN"):
                rows = min(_ROWS_READ, _MOST_READ // average)
                with suppress(pa.ArrowException, OSError):  # a damaged page is reported when its cells are read
                    batch = next(file.iter_batches(rows, row_groups=[0], columns=[leaf.path_in_schema]))
                    yield batch.schema.names[0], batch.column(0)


def _of_arrow(container: Container) -> Iterator[tuple[str, pa.Array]]:
    """Yield the first rows of each column."""
    first = next((batch for batch in arrow_batches(path_of(container)) if batch.num_rows), None)
    if first is not None:
        yield from zip(first.schema.names, first.slice(0, _ROWS_READ).columns, strict=True)


def _leaves(values: pa.Array) -> Iterator[pa.Array]:
    """Yield the arrays of bytes, texts and lists of integers in an array of any type."""
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):  # of any encoding
        values = values.view(pa.large_binary() if pa.types.is_large_string(kind) else pa.binary())
    try:
        values.validate(full=True)  # using invalid offsets would crash the process
    except pa.ArrowInvalid:
        return
    if pa.types.is_struct(kind):
        for index in range(kind.num_fields):
            yield from _leaves(values.field(index))
    elif pa.types.is_dictionary(kind):
        yield from _leaves(values.dictionary)
    elif _is_list(kind) and not pa.types.is_integer(kind.value_type):
        yield from _leaves(values.flatten())
    elif _is_list(kind) or isinstance(values, pa.BinaryArray | pa.LargeBinaryArray | pa.FixedSizeBinaryArray):
        yield values


def _is_list(kind: pa.DataType) -> bool:
    return any(test(kind) for test in (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list))


def _form_of(values: pa.Array) -> Form | None:
    """Return the form of the first image, or None; bytes are the usual form. Only its first bytes are read."""
    lengths = (pc.list_value_length if _is_list(values.type) else pc.binary_length)(values).to_pylist()
    index = next((index for index, length in enumerate(lengths) if length), None)
    if index is None or lengths[index] < _SHORTEST:
        return None
    first = values.slice(index, 1)
    if _is_list(values.type):
        numbers = first.flatten().slice(0, HEAD_SIZE).to_pylist()
        return Form.NUMBERS if begins_image(bytes(number & 0xFF for number in numbers if number is not None)) else None
    head: bytes = pc.binary_slice(first, 0, HEAD_SIZE)[0].as_py()
    if _BASE64_IMAGE.match(head):
        return Form.BASE64
    return Form.FIXED_SIZE if pa.types.is_fixed_size_binary(values.type) and begins_image(head) else None
