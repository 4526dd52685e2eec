"""Further columns of a build: values of the manifest that its declarations name, and companion images.

``extra.platform`` becomes a column ``platform``, ``companions.mask`` an image column ``mask``.
"""

from collections.abc import Sequence

from indexer.base.errors import ConfigError
from indexer.base.suggestions import nearest

_EXTRA, _COMPANION = "extra.", "companions."
_MANIFEST = ("kind", "group_id", "generator_released", "source")
_TAKEN = frozenset(
    ["image", "height", "width", "label", "generator", "file_id", "description", "positive_prompt", "negative_prompt",
     "conditioning", "origin_dataset", "paired_real_images", "file_name", "format"]
)  # fmt: skip


def parse_columns(names: Sequence[str]) -> tuple[str, ...]:
    """Return the checked names of further columns, in their order.

    Raises:
        ConfigError: a name is unknown, occurs twice, or its column has the name of another one.
    """
    named = [name.strip() for name in names if name.strip()]
    for name in named:
        if name not in _MANIFEST and not (name.startswith((_EXTRA, _COMPANION)) and output_name(name)):
            raise ConfigError(
                f"--columns {name}: {nearest(name, _MANIFEST)}, or extra.NAME and companions.ROLE as the declarations"
                " name them"
            )
    taken = set(_TAKEN)
    for name in named:
        stored = output_name(name)
        if stored in taken:
            raise ConfigError(f"--columns {name}: the dataset has a column '{stored}' already: omit this one")
        taken.add(stored)
    return tuple(named)


def output_name(column: str) -> str:
    """Return the name that a further column has in the dataset."""
    return column.removeprefix(_EXTRA).removeprefix(_COMPANION) if column not in _MANIFEST else column


def text_columns(columns: Sequence[str]) -> dict[str, int]:
    """Return the names of the text columns in the dataset, with their positions in ``columns``."""
    return {output_name(name): at for at, name in enumerate(columns) if not name.startswith(_COMPANION)}


def image_columns(columns: Sequence[str]) -> dict[str, int]:
    """Return the names of the image columns in the dataset, with their positions in ``columns``."""
    return {output_name(name): at for at, name in enumerate(columns) if name.startswith(_COMPANION)}
