"""The output's columns: names, order, Arrow types, and their declaration for ``datasets``.

``datasets`` is not imported, so that workers start fast. A test compares the two.
"""

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from materializer.further_columns import image_columns, text_columns
from materializer.models import Feature

LABELS = ("real", "fake")

# Text columns of the output -> columns of the manifest.
TEXTS = {
    "generator": "generator",
    "file_id": "file_id",
    "description": "description",
    "positive_prompt": "positive_prompt",
    "negative_prompt": "negative_prompt",
    "conditioning": "conditioning",
    "origin_dataset": "origin",
}


def image_type(feature: Feature) -> pa.StructType:
    """Return the Arrow type of the image column."""
    if feature is Feature.LARGE:
        return pa.struct({"bytes": pa.large_binary(), "path": pa.large_string()})
    return pa.struct({"bytes": pa.binary(), "path": pa.string()})


def schema(feature: Feature, further: Sequence[str] = ()) -> pa.Schema:
    """Return the schema of a shard, with the metadata from which ``datasets`` reads its features.

    ``further`` columns (:mod:`materializer.further_columns`) follow the others.
    """
    texts, images = text_columns(further), image_columns(further)
    fields = [
        ("image", image_type(feature)),
        ("height", pa.uint32()),
        ("width", pa.uint32()),
        ("label", pa.int64()),
        *((name, pa.large_string()) for name in TEXTS),
        ("paired_real_images", pa.large_list(pa.large_string())),
        *((name, pa.large_string()) for name in texts),
        *((name, image_type(feature)) for name in images),
    ]
    note = {"info": {"features": features(feature, further)}}
    return pa.schema(fields, metadata={"huggingface": json.dumps(note)})


def features(feature: Feature, further: Sequence[str] = ()) -> dict[str, Any]:
    """Return the columns as ``dataset_info.json`` declares them."""
    text = {"dtype": "large_string", "_type": "Value"}
    number = {"dtype": "uint32", "_type": "Value"}
    image = {"_type": "LargeImage" if feature is Feature.LARGE else "Image"}
    return {
        "image": image,
        "height": number,
        "width": number,
        "label": {"names": list(LABELS), "_type": "ClassLabel"},
        **dict.fromkeys(TEXTS, text),
        "paired_real_images": {"feature": text, "_type": "LargeList"},
        **dict.fromkeys(text_columns(further), text),
        **dict.fromkeys(image_columns(further), image),
    }
