"""WebDataset: tars of samples: ``train-000000042.jpg``, ``.cls`` (the label) and ``.json``, keys in order.

Keys are unique over the splits. A key ends at the first dot of a name, so dots of a split's name become ``~``.

An image has the suffix of its format. Stock readers make one column of each suffix: ``jpg``, ``png``. ``datasets``
derives the columns from the first five samples and refuses other suffixes, so the card declares the columns.

Source: the WebDataset library's "sharded tar" convention, and ``datasets`` 5.2, ``packaged_modules/webdataset``.
"""

import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from indexer.base.durable import HashingFile
from materializer.further_columns import text_columns
from materializer.models import Feature, Settings, Shard
from materializer.shards import schema
from materializer.shards.formats.output_format import OutputFormat, ShardWriter
from materializer.shards.transform import PreparedImage

_BLOCK = 512


class TarWriter(ShardWriter):
    """Appends samples to a tar."""

    def __init__(self, file: HashingFile, settings: Settings) -> None:
        super().__init__(file)
        self._columns = schema.texts(settings)
        self._further = text_columns(settings.columns)

    def write(self, rows: pa.Table, images: Sequence[PreparedImage], *, ends_window: bool = True) -> None:  # noqa: ARG002
        """Append ``rows``, each with its image."""
        for row, image in zip(rows.to_pylist(), images, strict=True):
            key = f"{row['split'].replace('.', '~')}-{row['position']:09d}"
            self._add(f"{key}.{image.suffix}", image.data)
            self._add(f"{key}.cls", str(row["label"]).encode())
            self._add(f"{key}.json", json.dumps(self._texts(row, image), ensure_ascii=False).encode())

    def _texts(self, row: Mapping[str, Any], image: PreparedImage) -> dict[str, Any]:
        return {
            "format": image.suffix,
            "height": image.height,
            "width": image.width,
            "label": row["label"],
            **{name: row[column] for name, column in self._columns.items()},
            "paired_real_images": row["paired_real_images"],
            **{name: row["further"][at] for name, at in self._further.items()},
        }

    def _add(self, name: str, data: bytes | memoryview) -> None:
        header = tarfile.TarInfo(name)  # no owner, no time
        header.size = len(data)
        self._file.write(header.tobuf(tarfile.GNU_FORMAT))
        self._file.write(data)
        self._file.write(bytes(-len(data) % _BLOCK))


class WebDatasetFormat(OutputFormat):
    """``data/train-00003-of-00012.tar``."""

    name = "webdataset"
    media_type = "application/x-tar"
    loader = "load_dataset"
    features = (Feature.STANDARD,)

    def path(self, shard: Shard) -> str:
        """Return the path of a shard, relative to the output folder."""
        return f"data/{shard.stem}.tar"

    def pattern(self, split: str) -> str:
        """Return a glob pattern that matches the paths of a split's shards."""
        return f"data/{split}-?????-of-?????.tar"

    def declared_columns(self, suffixes: Sequence[str], settings: Settings) -> list[dict[str, Any]]:
        """Declare one image column per suffix, the label and the texts."""
        numbers = [{"name": name, "dtype": "int64"} for name in ("height", "width", "label")]
        texts = [{"name": name, "dtype": "string"} for name in ("format", *schema.texts(settings))]
        further = [{"name": name, "dtype": "string"} for name in text_columns(settings.columns)]
        paired = {"name": "paired_real_images", "sequence": "string"}
        labels = {str(label): name for label, name in enumerate(schema.LABELS)}
        return [
            *({"name": suffix, "dtype": "image"} for suffix in suffixes),
            {"name": "cls", "dtype": {"class_label": {"names": labels}}},
            {"name": "json", "struct": [*numbers, *texts, paired, *further]},
            {"name": "__key__", "dtype": "string"},
            {"name": "__url__", "dtype": "string"},
        ]

    @contextmanager
    def writer(self, file: HashingFile, output: Path, settings: Settings) -> Iterator[TarWriter]:  # noqa: ARG002
        """Open a writer of one shard; two empty blocks end the tar."""
        yield TarWriter(file, settings)
        file.write(bytes(2 * _BLOCK))

    def read(self, path: Path) -> Iterator[tuple[str, bytes]]:
        """Yield file_id and image bytes of each sample."""
        with tarfile.open(path, "r:") as archive:
            members = iter(archive)
            for image in members:
                texts = next((member for member in members if not member.name.endswith(".cls")), None)
                if texts is None or Path(texts.name).stem != Path(image.name).stem:
                    raise ValueError(f"{image.name} has no texts")
                yield json.loads(_content(archive, texts))["file_id"], _content(archive, image)


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    return file.read() if file is not None else b""
