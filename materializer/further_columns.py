"""Further columns of a build: values of the manifest that its declarations name, and companion images.

``extra.platform`` becomes a column ``platform``, ``companions.mask`` an image column ``mask``.
"""

from collections.abc import Sequence

EXTRA, COMPANION = "extra.", "companions."
OF_MANIFEST = ("kind", "group_id", "generator_released", "source")


def output_name(column: str) -> str:
    """Return the name that a further column has in the dataset."""
    return column.removeprefix(EXTRA).removeprefix(COMPANION) if column not in OF_MANIFEST else column


def text_columns(columns: Sequence[str]) -> dict[str, int]:
    """Return the names of the text columns in the dataset, with their positions in ``columns``."""
    return {output_name(name): at for at, name in enumerate(columns) if not name.startswith(COMPANION)}


def image_columns(columns: Sequence[str]) -> dict[str, int]:
    """Return the names of the image columns in the dataset, with their positions in ``columns``."""
    return {output_name(name): at for at, name in enumerate(columns) if name.startswith(COMPANION)}
