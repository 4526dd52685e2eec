"""The output's columns: names, order and Arrow types, and how ``datasets`` calls them.

``datasets`` itself is not imported: workers start without it. A test holds the two together.
"""

import json
from typing import Any

import pyarrow as pa

from materializer.models import Feature

LABELS = ("real", "fake")

# Columns that the manifest gives as they are, with what they are called there.
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
    """How the image column is stored."""
    if feature is Feature.LARGE:
        return pa.struct({"bytes": pa.large_binary(), "path": pa.large_string()})
    return pa.struct({"bytes": pa.binary(), "path": pa.string()})


def schema(feature: Feature) -> pa.Schema:
    """The schema of a shard, with the note that ``datasets`` reads its features from."""
    fields = [
        ("image", image_type(feature)),
        ("height", pa.uint32()),
        ("width", pa.uint32()),
        ("label", pa.int64()),
        *((name, pa.large_string()) for name in TEXTS),
        ("paired_real_images", pa.large_list(pa.large_string())),
    ]
    note = {"info": {"features": features(feature)}}
    return pa.schema(fields, metadata={"huggingface": json.dumps(note)})


def features(feature: Feature) -> dict[str, Any]:
    """The columns as ``dataset_info.json`` has them."""
    text = {"dtype": "large_string", "_type": "Value"}
    number = {"dtype": "uint32", "_type": "Value"}
    return {
        "image": {"_type": "LargeImage" if feature is Feature.LARGE else "Image"},
        "height": number,
        "width": number,
        "label": {"names": list(LABELS), "_type": "ClassLabel"},
        **dict.fromkeys(TEXTS, text),
        "paired_real_images": {"feature": text, "_type": "LargeList"},
    }
