"""Find SQL of a user that reads columns which are NULL, because images were not inspected."""

import re
from collections.abc import Iterable

from indexer.manifest.store import Store

_TEXT = re.compile(r"'(?:[^']|'')*'")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def unread_columns(store: Store, texts: Iterable[str]) -> str:
    """Return one line about the columns that ``texts`` read and that images lack; empty if there are none."""
    words = {word.lower() for text in texts for word in _WORD.findall(_TEXT.sub("''", text))}
    columns = [column for (column,) in store.rows("select/inspection/unread_columns", {"words": sorted(words)})]
    if not columns or store.count("inspection") == store.count("attributes"):  # the usual case of large manifests
        return ""
    images = store.rows("select/inspection/unread_images")[0][0]
    if not images:
        return ""
    return (
        f"{', '.join(columns)}: NULL for {images:,} images that were not inspected; to fill these columns, run"
        " 'python -m indexer inspect --all'"
    )
