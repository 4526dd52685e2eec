"""Tars of samples: ``000000042.jpg`` and ``000000042.json``, keys in order.

Every image is called ``.jpg``, a PNG too: stock readers make a column of each suffix, and ``datasets`` refuses a tar
whose first samples differ in theirs. What decodes an image looks at its bytes; ``format`` in the JSON says what it is.

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
from materializer.models import Feature, Shard, Written
from materializer.shards import schema
from materializer.shards.transform import StoredImage

_BLOCK = 512
_IMAGE = "jpg"


class TarWriter:
    """Appends samples to a tar."""

    def __init__(self, file: HashingFile) -> None:
        self._file = file

    def write(self, rows: pa.Table, images: Sequence[StoredImage]) -> None:
        """Append ``rows``, each with its image."""
        for row, image in zip(rows.to_pylist(), images, strict=True):
            key = f"{row['place']:09d}"
            self._member(f"{key}.{_IMAGE}", image.data)
            self._member(f"{key}.json", json.dumps(_texts(row, image), ensure_ascii=False).encode())

    def _member(self, name: str, data: bytes) -> None:
        header = tarfile.TarInfo(name)  # no owner, no time
        header.size = len(data)
        self._file.write(header.tobuf(tarfile.GNU_FORMAT))
        self._file.write(data)
        self._file.write(bytes(-len(data) % _BLOCK))


def _texts(row: Mapping[str, Any], image: StoredImage) -> dict[str, Any]:
    return {
        "format": image.suffix,
        "height": image.height,
        "width": image.width,
        "label": row["label"],
        **{name: row[known] for name, known in schema.TEXTS.items()},
        "paired_real_images": row["paired_real_images"],
    }


def path(shard: Shard) -> str:
    """``data/train-00003-of-00012.tar``."""
    return f"data/{shard.stem}.tar"


@contextmanager
def writer(file: HashingFile, feature: Feature) -> Iterator[TarWriter]:  # noqa: ARG001
    """Write a shard to ``file``, closed by two empty blocks."""
    yield TarWriter(file)
    file.write(bytes(2 * _BLOCK))


def read(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield file_id and image bytes of each sample.

    Raises:
        tarfile.TarError: the file is damaged.
        ValueError: a sample is not whole.
    """
    with tarfile.open(path, "r:") as archive:
        members = iter(archive)
        for image in members:
            texts = next(members, None)
            if texts is None or Path(texts.name).stem != Path(image.name).stem:
                raise ValueError(f"{image.name} has no texts")
            yield json.loads(_content(archive, texts))["file_id"], _content(archive, image)


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    return file.read() if file is not None else b""


def leading_files(feature: Feature, splits: Mapping[str, Sequence[tuple[Shard, Written]]]) -> dict[str, Any]:  # noqa: ARG001
    """None: the file names say it all."""
    return {}
