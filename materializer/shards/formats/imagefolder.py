"""Loose images in folders, as ``datasets`` ("imagefolder"), torchvision and common detectors read them.

A shard is a CSV file in the record, with one line per image: its path and texts. The images of a shard are on disk
before its CSV file is. ``<split>/metadata.csv`` has the lines of all shards of a split.

Source: https://huggingface.co/docs/datasets/image_dataset, section "ImageFolder". The folders ``0_real`` and ``1_fake``
are those of CNNDetection's test sets (https://github.com/PeterWang512/CNNDetection).
"""

import csv
import hashlib
import io
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from indexer.base.durable import UNFINISHED, HashingFile
from indexer.base.errors import ConfigError
from materializer.further_columns import text_columns
from materializer.models import Feature, Settings, Shard
from materializer.shards import schema
from materializer.shards.formats.linking import link_file
from materializer.shards.formats.output_format import LeadingFile, OutputFormat, ShardFiles, ShardWriter
from materializer.shards.transform import PreparedImage

DEFAULT_LAYOUT = "{split}/{generator}/{label}/{name}"
_LABELS = ("0_real", "1_fake")
_FIELDS = ("split", "generator", "label", "origin", "name")
_LINES = "record/images"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 100
_LONGEST_TEXT = 1 << 30  # characters; the limit of the csv module is 131,072
_COLUMNS = ("file_name", "label", "height", "width", *schema.TEXTS, "paired_real_images")


class FolderWriter(ShardWriter):
    """Writes images to their places, and one line per image to the CSV file of the shard."""

    def __init__(self, file: HashingFile, output: Path, settings: Settings) -> None:
        super().__init__(file)
        self._output = output
        self._layout = settings.layout or DEFAULT_LAYOUT
        self._variant = schema.VARIANT_TEXTS.values() if settings.variants else ()
        self._further = text_columns(settings.columns)
        self._link = settings.link

    def write(self, rows: pa.Table, images: Sequence[PreparedImage], *, ends_window: bool = True) -> None:  # noqa: ARG002
        """Append ``rows``, each with its image."""
        for row, image in zip(rows.to_pylist(), images, strict=True):
            place = image_path(self._layout, row, image.suffix)
            target = self._output / place
            target.parent.mkdir(parents=True, exist_ok=True)
            # Another worker may be writing the same image, if its engine considers this one lost.
            unfinished = target.with_name(f"{target.name}.{secrets.token_hex(4)}{UNFINISHED}")
            if not (self._link and image.file and link_file(image.file, unfinished, self._link)):
                unfinished.write_bytes(image.data)
            unfinished.replace(target)
            unfinished.unlink(missing_ok=True)  # rename(2) leaves both names of one file
            further = [row[name] for name in self._variant]
            further += [row["further"][at] for at in self._further.values()]
            self._file.write(_line([*_values(row, image, place), *further]))


class ImageFolderFormat(OutputFormat):
    """``train/Flux/1_fake/0_flux_17-5f0c2a91.jpg``; the shard itself is ``record/images/train-00003-of-00012.csv``."""

    name = "imagefolder"
    media_type = "text/csv"
    loader = "load_dataset"
    features = (Feature.STANDARD,)
    holds_images = False

    def path(self, shard: Shard) -> str:
        """Return the path of a shard, relative to the output folder."""
        return f"{_LINES}/{shard.stem}.csv"

    def pattern(self, split: str) -> str:
        """Return a glob pattern that matches the paths of a split's files."""
        return f"{split}/**"

    @contextmanager
    def writer(self, file: HashingFile, output: Path, settings: Settings) -> Iterator[FolderWriter]:
        """Open a writer of one shard. At the end the images are flushed, before the CSV file gets its name."""
        yield FolderWriter(file, output, settings)
        os.sync()  # one call per shard: flushing each of thousands of small files takes minutes

    def read(self, path: Path) -> Iterator[tuple[str, bytes]]:
        """Yield file_id and image bytes of each row."""
        output = path.parents[2]
        for row in _rows(path):
            yield row["file_id"], _inside(output, row["file_name"]).read_bytes()

    def leading_files(self, output: Path, settings: Settings, shards: ShardFiles) -> Iterator[LeadingFile]:
        """Yield ``metadata.csv`` of each split, whose file names are relative to its folder."""
        variant = schema.VARIANT_TEXTS if settings.variants else ()
        columns = (*_COLUMNS, *variant, *text_columns(settings.columns))
        for split, written in shards.items():
            lists = [output / self.path(shard) for shard, _ in written]
            yield f"{split}/metadata.csv", _metadata(split, lists, columns)

    def loose_files(self, output: Path, shard: Shard) -> Iterator[str]:
        """Yield the paths of the images of a shard, relative to the output folder."""
        yield from (row["file_name"] for row in _rows(output / self.path(shard)))

    def stray_files(self, output: Path, shards: ShardFiles) -> Iterator[Path]:
        """Yield images that belong to none of the shards."""
        for split, written in shards.items():
            kept = {output / place for shard, _ in written for place in self.loose_files(output, shard)}
            yield from (file for file in (output / split).rglob("*") if file.is_file() and file not in kept)


def check_layout(layout: str) -> None:
    """Check a value of ``--layout``.

    Raises:
        ConfigError: it names unknown fields, leads out of the folder, or does not begin with ``{split}/`` and end with
            ``{name}``.
    """
    fields = re.findall(r"\{([^}]*)\}", layout)
    known = ", ".join(f"{{{field}}}" for field in _FIELDS)
    if unknown := [field for field in fields if field not in _FIELDS]:
        raise ConfigError(f"--layout: '{{{unknown[0]}}}' is unknown: use {known}")
    parts = layout.split("/")
    if parts[0] != "{split}" or "{name}" not in parts[-1] or {"", ".", ".."} & {*parts}:
        raise ConfigError(f"--layout {layout} must begin with {{split}}/ and end with {{name}}, as {DEFAULT_LAYOUT}")


def image_path(layout: str, row: Mapping[str, Any], suffix: str) -> str:
    """Return the path of an image: safe on every file system, and unique by a hash of its file_id."""
    file_id = row["file_id"]
    stem = file_id.rstrip("/").rpartition("/")[2].removesuffix(f".{suffix}")
    mark = hashlib.sha256(file_id.encode()).hexdigest()[:12]
    values = {
        "split": row["split"],
        "generator": _folder(row["generator"]) or "real",
        "label": _LABELS[row["label"]],
        "origin": _folder(row["origin"]) or "origin",
        "name": f"{_safe(stem)}-{mark}.{suffix}".lstrip("-."),
    }
    return "/".join(part.format(**values) for part in layout.split("/"))


def _safe(text: str) -> str:
    return _UNSAFE.sub("_", text)[:_LONGEST_NAME].strip("._")


def _folder(text: str) -> str:
    """Return the name of a folder; a hash keeps names apart that differ in unsafe characters only."""
    safe = _safe(text)
    is_plain = safe == text or ("_" not in text and safe == text.replace(" ", "_"))
    return safe if is_plain else f"{safe}-{hashlib.sha256(text.encode()).hexdigest()[:8]}".lstrip("-")


def _values(row: Mapping[str, Any], image: PreparedImage, place: str) -> list[object]:
    texts = [row[column] for column in schema.TEXTS.values()]
    return [place, row["label"], image.height, image.width, *texts, json.dumps(row["paired_real_images"])]


def _metadata(split: str, lists: Sequence[Path], columns: Sequence[str]) -> Iterator[bytes]:
    """Yield the lines of ``metadata.csv`` from the lists of a split's shards."""
    yield _line(columns)
    for path in lists:
        for row in _rows(path, columns):
            place = row["file_name"].removeprefix(f"{split}/")
            numbers = [int(row[name]) for name in _COLUMNS[1:4]]
            yield _line([place, *numbers, *(row[name] for name in columns[4:])])


def _line(values: Sequence[object]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC).writerow(values)
    return text.getvalue().encode()


def _rows(path: Path, columns: Sequence[str] = _COLUMNS) -> Iterator[dict[str, str]]:
    """Yield the lines of a shard, with the first of its columns. Raises ValueError if it is damaged."""
    csv.field_size_limit(_LONGEST_TEXT)
    with path.open(encoding="utf-8", newline="") as file:
        try:
            for values in csv.reader(file):
                if len(values) < len(columns):
                    raise ValueError(f"{path.name}: a line has {len(values)} values, not {len(columns)}")
                yield dict(zip(columns, values, strict=False))
        except csv.Error as error:
            raise ValueError(f"{path.name}: {error}") from error


def _inside(output: Path, place: str) -> Path:
    path = (output / place).resolve()
    if not path.is_relative_to(output.resolve()):
        raise ValueError(f"{place!r} leads out of the folder")
    return path
