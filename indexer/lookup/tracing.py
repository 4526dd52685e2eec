"""Find the images of a manifest that are the same as a given file, or near it."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from indexer import images
from indexer.base.errors import ConfigError
from indexer.base.remote import Root
from indexer.containers.open_containers import OpenContainers
from indexer.images import ImageLimits
from indexer.lookup.locating import locate
from indexer.manifest.store import Store

NEAR_BITS = 8  # of 64; see sql/select/duplicates/near.sql
_MOST = 1_000  # matches per file, and candidates per file

_TEXTS = ("file_id", "source", "path", "member", "origin", "generator")
# The fields of a TracedImage as columns.
TRACED = pa.schema(
    [("match", pa.string()), ("bits", pa.int64()), *((name, pa.string()) for name in _TEXTS), ("label", pa.int64()),
     ("turned", pa.string())]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TracedImage:
    """An image of the manifest that is like a file.

    ``match`` is 'same bytes', 'same pixels' or 'near'; ``bits`` is the number of bits in which the perceptual hashes
    differ, and ``turned`` how the file was mirrored or turned to be near ('mirrored, turned by 90'), of 'near' alone.
    """

    match: str
    bits: int | None
    file_id: str
    source: str
    path: str
    member: str | None
    origin: str
    generator: str
    label: int
    turned: str | None = None


@dataclass(frozen=True, slots=True)
class Tracer:
    """Traces files in one manifest. Images that were never inspected are found by their bytes only.

    With ``is_turned``, images that are near the file mirrored or turned are found, too.
    """

    store: Store
    roots: Mapping[str, Root]
    containers: OpenContainers
    limits: ImageLimits
    is_turned: bool = False

    def trace(self, data: bytes) -> list[TracedImage]:
        """Return the images that are like the file with these bytes: same bytes first, then same pixels, then near."""
        seen = images.inspect(data, self.limits)
        looks: list[dict[str, int | str | None]] = [{"turned": "", "phash": seen.phash, "phash_256": seen.phash_256}]
        if self.is_turned and seen.phash is not None:
            looks += images.turned_looks(data, self.limits)
        known = {"hash": seen.hash, "pixel_hash": seen.pixel_hash, "looks": looks}
        rows = self.store.arrow(
            "lookup/traced",
            {**known, "size": len(data), "crc32": zlib.crc32(data), "radius": NEAR_BITS, "most": _MOST},
        ).to_pylist()
        candidates = [row for row in rows if row["match"] == "candidate"]
        equal = [{**row, "match": "same bytes"} for row in self._equal(candidates, data)]
        return [TracedImage(**row) for row in (*equal, *(row for row in rows if row["match"] != "candidate"))]

    def uninspected(self) -> int:
        """Return the number of images without a perceptual hash because they were never inspected."""
        return int(self.store.execute("select count(*) from manifest where hash is null")[0][0])

    def _equal(self, rows: Sequence[Mapping[str, Any]], data: bytes) -> Iterator[Mapping[str, Any]]:
        """Yield the rows whose bytes are ``data``."""
        known = [row for row in rows if row["source"] in self.roots]
        by_id = {row["file_id"]: row for row in known}
        for image in locate(self.store, self.roots, list(by_id)) if known else ():
            for _, found in self.containers.read(image.container, [image.member]):
                if found == data:
                    yield by_id[image.file_id]


def file_bytes(file: Path) -> bytes:
    """Return the bytes of a file to trace.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror or error}") from error
