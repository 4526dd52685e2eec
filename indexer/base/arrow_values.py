"""Arrow columns as Python values. Python has no dates outside the years 1 to 9999; DuckDB has, and infinite ones."""

from typing import Any

import pyarrow as pa


def python_values(column: pa.Array) -> list[Any]:
    """Return the values of a column, maps as dictionaries.

    If one is a date or time that Python lacks, those of all rows are returned as text.
    """
    try:
        values = column.to_pylist()
    except (OverflowError, ValueError):
        values = column.cast(_with_texts(column.type)).to_pylist()
    if pa.types.is_map(column.type):
        return [None if value is None else dict(value) for value in values]
    return list(values)


def _with_texts(kind: pa.DataType) -> pa.DataType:
    """Return a type with texts instead of dates and times."""
    if pa.types.is_temporal(kind) and not pa.types.is_interval(kind):
        return pa.string()
    if pa.types.is_map(kind):
        return pa.map_(_with_texts(kind.key_type), _with_texts(kind.item_type))
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_with_texts(field.type)) for field in kind])
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(kind.value_field.with_type(_with_texts(kind.value_type)), kind.list_size)
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_with_texts(kind.value_type)))
    return kind
