"""The output's columns: names, order, Arrow types, and their declaration for ``datasets``.

``datasets`` is not imported, so that workers start fast. A test compares the two.
"""

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from indexer.base.errors import ConfigError
from indexer.base.suggestions import nearest
from materializer.further_columns import COMPANION, EXTRA, OF_MANIFEST, image_columns, output_name, text_columns
from materializer.models import Feature, Settings

LABELS = ("real", "fake")

# The classes of the image features, as `datasets` knows them.
FEATURE_NAMES = {Feature.LARGE: "LargeImage", Feature.STANDARD: "Image"}

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

# Further text columns of a build with variants: the name of the variant, and the file_id of the image it is made from.
VARIANT_TEXTS = {"variant": "variant", "variant_of": "file_id"}

_OF_FORMATS = ("file_name", "format")  # columns of imagefolder and webdataset


def texts(settings: Settings) -> dict[str, str]:
    """Return the text columns of the output, in order, with the columns that they are made from."""
    return TEXTS | VARIANT_TEXTS if settings.variants else TEXTS


def image_type(feature: Feature) -> pa.StructType:
    """Return the Arrow type of the image column."""
    if feature is Feature.LARGE:
        return pa.struct({"bytes": pa.large_binary(), "path": pa.large_string()})
    return pa.struct({"bytes": pa.binary(), "path": pa.string()})


def schema(settings: Settings) -> pa.Schema:
    """Return the schema of a shard, with the metadata from which ``datasets`` reads its features.

    Columns of variants and further columns (:mod:`materializer.further_columns`) follow the others.
    """
    fields = [
        ("image", image_type(settings.feature)),
        ("height", pa.uint32()),
        ("width", pa.uint32()),
        ("label", pa.int64()),
        *((name, pa.large_string()) for name in TEXTS),
        ("paired_real_images", pa.large_list(pa.large_string())),
        *((name, pa.large_string()) for name in _later_texts(settings)),
        *((name, image_type(settings.feature)) for name in image_columns(settings.columns)),
    ]
    note = {"info": {"features": features(settings)}}
    return pa.schema(fields, metadata={"huggingface": json.dumps(note)})


def features(settings: Settings) -> dict[str, Any]:
    """Return the columns as ``dataset_info.json`` declares them."""
    text = {"dtype": "large_string", "_type": "Value"}
    number = {"dtype": "uint32", "_type": "Value"}
    image = {"_type": FEATURE_NAMES[settings.feature]}
    return {
        "image": image,
        "height": number,
        "width": number,
        "label": {"names": list(LABELS), "_type": "ClassLabel"},
        **dict.fromkeys(TEXTS, text),
        "paired_real_images": {"feature": text, "_type": "LargeList"},
        **dict.fromkeys(_later_texts(settings), text),
        **dict.fromkeys(image_columns(settings.columns), image),
    }


def parse_columns(names: Sequence[str]) -> tuple[str, ...]:
    """Return the checked names of further columns (:mod:`materializer.further_columns`), in their order.

    Raises:
        ConfigError: a name is unknown, occurs twice, or its column has the name of another one.
    """
    named = [name.strip() for name in names if name.strip()]
    for name in named:
        if name not in OF_MANIFEST and not (name.startswith((EXTRA, COMPANION)) and output_name(name)):
            raise ConfigError(
                f"--columns {name}: {nearest(name, OF_MANIFEST)}, or extra.NAME and companions.ROLE as the declarations"
                " name them"
            )
    taken = {*features(Settings()), *_OF_FORMATS}
    for name in named:
        stored = output_name(name)
        if stored in taken:
            raise ConfigError(f"--columns {name}: the dataset has a column '{stored}' already: omit this one")
        taken.add(stored)
    return tuple(named)


def _later_texts(settings: Settings) -> list[str]:
    return [*(VARIANT_TEXTS if settings.variants else ()), *text_columns(settings.columns)]
