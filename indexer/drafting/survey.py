"""Facts about a folder or an archive: which folders have how many images, and which side files have which columns."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from indexer.base.errors import ConfigError
from indexer.base.path_sources import PathSource
from indexer.containers.from_manifest import stored_container, stored_member
from indexer.containers.models import ArchiveLimits
from indexer.containers.reading import read_members
from indexer.declarations import default_source
from indexer.manifest import store
from indexer.manifest.store import Store
from indexer.scanning import ScanOptions, scan

_SIDE_FILES = 12


@dataclass(frozen=True, slots=True)
class SurveyedFile:
    """A side file: its logical path, its format and the names of its columns; none if they cannot be read."""

    path: str
    format: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """``folders`` has the folders above images (outermost first) with the number of images directly in them.

    ``repeated_stems``: images whose paths differ in their suffixes alone.
    """

    source: PathSource
    folders: tuple[tuple[tuple[str, ...], int], ...]
    repeated_stems: int
    side_files: tuple[SurveyedFile, ...]

    @property
    def images(self) -> int:
        """The number of images."""
        return sum(images for _, images in self.folders)


def survey(source: PathSource, options: ScanOptions, scratch: Path) -> Survey:
    """List a folder or an archive with all archives in it. Nothing is written but a temporary file below ``scratch``.

    Raises:
        ConfigError: it has no image.
        SourceError: it cannot be read.
    """
    with TemporaryDirectory(dir=scratch) as folder, store.open_for_writing(Path(folder) / "survey.duckdb") as opened:
        scan(opened, {source.key: source.root}, [default_source(source)], options)
        folders = tuple((tuple(names), images) for _, names, images in opened.rows("draft/folders"))
        if not folders:
            raise ConfigError(f"{source.root} has no image: name a folder or an archive with images")
        [(repeated,)] = opened.rows("draft/repeated_stems")
        return Survey(source, folders, repeated, tuple(_side_files(opened, source, options.limits)))


def _side_files(opened: Store, source: PathSource, limits: ArchiveLimits) -> Iterator[SurveyedFile]:
    """Yield side files of different names, such as ``metadata.csv``: of several of one name, the largest."""
    seen: set[str] = set()
    for row in opened.arrow("draft/side_files", {"files": 50 * _SIDE_FILES}).to_pylist():
        if row["file_name"] in seen or len(seen) == _SIDE_FILES:
            continue
        seen.add(row["file_name"])
        suffix = row["logical"].rpartition(".")[2].lower()
        form = "csv" if suffix == "tsv" else suffix
        yield SurveyedFile(row["logical"], form, tuple(_columns(_text(source, row, limits), form)))


def _text(source: PathSource, row: Mapping[str, Any], limits: ArchiveLimits) -> str:
    for _, data in read_members(stored_container(source.root, row), [stored_member(row, 0)], limits):
        if isinstance(data, bytes):
            return data.decode("utf-8-sig", "replace")
    return ""


def _columns(text: str, form: str) -> list[str]:
    """Return the columns of the first row."""
    try:
        if form == "csv":
            return [name for name in next(csv.reader(text.splitlines()[:1]), []) if name]
        value = json.loads(text if form == "json" else text.partition("\n")[0])
    except (ValueError, RecursionError, csv.Error):
        return []
    first = value[0] if isinstance(value, list) and value else value
    return list(first) if isinstance(first, dict) else []
