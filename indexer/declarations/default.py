"""The declaration of sources that are named as paths, without a declaration of their own."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from indexer.base.path_sources import PathSource
from indexer.containers.logical_path import archive_name, clean_path
from indexer.declarations import loading
from indexer.declarations.models import Source

_FILE = Path(__file__).with_name("default.toml")


@cache
def default_source(given: PathSource) -> Source:
    """Return ``default.toml`` for one path.

    The logical paths of a root that is one archive begin with the archive's name, which is not part of the file_ids.
    """
    root = re.escape(archive_name(clean_path(given.root.name))) + "/" if given.root.is_file() else ""
    values = _replaced(tomllib.loads(_FILE.read_text(encoding="utf-8")), {"NAME": given.name, "ROOT": root})
    return loading.parsed({"key": given.key, "name": given.name, "default_folder": str(given.root), **values}, _FILE)


def _replaced(value: Any, words: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(inner, words) for key, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, words) for inner in value]
    for word, text in words.items():
        value = value.replace(word, text)
    return value
