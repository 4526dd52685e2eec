"""Find the columns of an Arrow or Parquet file that hold images, and those that hold scalars.

Columns of images are those of the type ``struct<bytes, path>``, ``struct<bytes>`` or of bytes, dictionary-encoded or
not, without those that the features of `datasets <https://huggingface.co/docs/datasets>`_ declare as something else.
img2dataset names a column after its encoding.
"""

import json
from collections import Counter
from typing import Any

import pyarrow as pa

from indexer.base.errors import BadData


def image_columns(schema: pa.Schema) -> tuple[str, ...]:
    """Return the columns that hold images, in the schema's order."""
    features = features_of(schema)
    return tuple(f.name for f in schema if _may_be_image(f.type) and _is_called_image(features.get(f.name)))


def nested_images(schema: pa.Schema) -> tuple[tuple[str, str], ...]:
    """Return the columns that may hold images in a list or another nested type, each with that type's name."""
    features = features_of(schema)
    taken = image_columns(schema)
    return tuple(
        (f.name, _outer(f.type))
        for f in schema
        if f.name not in taken and _holds_bytes(f.type) and "Image" in json.dumps(features.get(f.name, "Image"))
    )


def path_columns(schema: pa.Schema) -> tuple[str, ...]:
    """Return the columns of images of which every cell has only a path: Arrow infers no type for their bytes."""
    return tuple(f.name for f in schema if has_paths(f.type) and _has_no_bytes(f.type))


def _has_no_bytes(kind: pa.DataType) -> bool:
    place = kind.get_field_index("bytes")
    return place >= 0 and bool(pa.types.is_null(kind.field(place).type))


def _holds_bytes(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_bytes(kind.value_type)
    return any(_is_bytes(inner.type) or _holds_bytes(inner.type) for inner in _fields(kind))


def _fields(kind: pa.DataType) -> list[pa.Field]:
    return [kind.field(index) for index in range(kind.num_fields)] if pa.types.is_nested(kind) else []


def _outer(kind: pa.DataType) -> str:
    return str(kind).partition("<")[0]


def refuse_repeats(schema: pa.Schema) -> pa.Schema:
    """Return the schema if all column names are different.

    Raises:
        BadData: several columns have one name.
    """
    repeated = sorted(name for name, count in Counter(schema.names).items() if count > 1)
    if repeated:
        raise BadData("columns of one name", ", ".join(repeated))
    return schema


def _may_be_image(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        names = {kind.field(index).name: kind.field(index).type for index in range(kind.num_fields)}
        return {"bytes"} <= set(names) <= {"bytes", "path"} and _is_bytes(names["bytes"])
    return _is_bytes(kind.value_type if pa.types.is_dictionary(kind) else kind)


def has_paths(kind: pa.DataType) -> bool:
    """Return whether the cells of a column of images have a path."""
    return bool(pa.types.is_struct(kind)) and kind.get_field_index("path") >= 0


def _is_bytes(kind: pa.DataType) -> bool:
    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view)
    return any(test(kind) for test in tests)


def _is_called_image(feature: Any) -> bool:
    """Return whether the feature of ``datasets`` is Image, LargeImage or plain bytes, or there is no feature."""
    if not isinstance(feature, dict):
        return True
    kind = str(feature.get("_type", ""))
    return kind.endswith("Image") or (kind == "Value" and "binary" in str(feature.get("dtype", "")))


def features_of(schema: pa.Schema) -> dict[str, Any]:
    """Return the feature of each column from the schema's ``huggingface`` metadata, as ``datasets`` writes it."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, ValueError, TypeError, RecursionError):
        return {}
    return features if isinstance(features, dict) else {}


def is_scalar(kind: pa.DataType) -> bool:
    """Return whether a column holds text, numbers, dates or booleans, lists of texts, structs of these: no bytes."""
    if pa.types.is_struct(kind):
        return all(is_scalar(inner.type) for inner in _fields(kind))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return bool(pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type))
    tests = (pa.types.is_nested, pa.types.is_null, pa.types.is_fixed_size_binary, _is_bytes)
    return not any(test(kind) for test in tests)
