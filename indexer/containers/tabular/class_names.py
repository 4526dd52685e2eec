"""Replace the numbers of ClassLabel columns by the names that the file itself gives them.

The numbers of one dataset may differ between its versions; the names do not. ``datasets`` stores the names in the
``huggingface`` metadata of the schema (https://huggingface.co/docs/datasets/package_reference/main_classes#datasets.ClassLabel).
"""

import pyarrow as pa
import pyarrow.compute as pc

from indexer.containers.tabular.columns import features_of


def class_names(schema: pa.Schema) -> dict[str, list[str]]:
    """Return the names of each integer column that is declared as a ClassLabel, in the order of their numbers."""
    features = features_of(schema)
    found = {f.name: _names(features.get(f.name)) for f in schema if pa.types.is_integer(f.type)}
    return {column: names for column, names in found.items() if names}


def with_class_names(batch: pa.RecordBatch, names: dict[str, list[str]]) -> pa.RecordBatch:
    """Return a batch with the names of classes instead of their numbers; null for numbers without a name."""
    columns = [
        _named(column, names[name]) if name in names else column
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, batch.schema.names)


def _named(column: pa.Array, names: list[str]) -> pa.Array:
    number = pc.index_in(column, pa.array(range(len(names)), column.type))
    return pa.array(names, pa.string()).take(number)


def _names(feature: object) -> list[str]:
    if not isinstance(feature, dict) or feature.get("_type") != "ClassLabel":
        return []
    names = feature.get("names")
    return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else []
