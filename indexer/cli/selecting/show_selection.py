"""Print the counts of a new selection."""

from collections.abc import Sequence

import pyarrow as pa

from indexer.cli.printing import render
from indexer.selection.by_list import MissingCount
from indexer.selection.models import Counts


def show_counts(title: str, names: tuple[str, str], counts: Counts) -> None:
    """Print images by the two columns ``names``."""
    rows = [{names[0]: first, names[1]: second, "images": images} for first, second, images in counts]
    schema = pa.schema([(names[0], pa.string()), (names[1], pa.string()), ("images", pa.int64())])
    print(render.table_text(pa.Table.from_pylist(rows, schema=schema), title))


def show_missing(title: str, missing: Sequence[MissingCount]) -> None:
    """Print the images that cannot be selected, if there are any, without columns that have no value."""
    if missing:
        fields = [field for field in MissingCount.__slots__ if any(getattr(group, field) for group in missing)]
        rows = [{field: getattr(group, field) for field in fields} for group in missing]
        print(render.table_text(pa.Table.from_pylist(rows), title))
