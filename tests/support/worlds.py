"""Manifests of images without files: rows for the raw tables, attributes and inspections."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import pyarrow as pa

from indexer.images import INSPECTION_SCHEMA
from indexer.manifest import store
from indexer.manifest.store import Store


@dataclass(frozen=True, slots=True)
class Picture:
    """One image of a world; ``generator`` empty for a photograph."""

    file_id: str
    origin: str
    generator: str = ""
    paired: tuple[str, ...] = ()
    prompt: str = ""
    source: str = "world"
    status: str = "ok"
    content: str | None = None  # equal contents are equal bytes; None: unique
    phash: int | None = None  # None: none
    phash_256: str | None = None
    inspected: str | None = "ok"  # None: not inspected
    side: int = 256
    format: str = "PNG"
    jpeg_quality: int | None = None
    file_size: int | None = None  # bytes; None: follows from the length of the file_id


def fakes(generator: str, origin: str, count: int, **more: object) -> list[Picture]:
    """Return ``count`` fakes called ORIGIN/GENERATOR/0, /1, ..."""
    return [Picture(f"{origin}/{generator}/{n}", origin, generator, **more) for n in range(count)]


def photographs(origin: str, count: int, **more: object) -> list[Picture]:
    """Return ``count`` photographs called ORIGIN/0, /1, ..."""
    return [Picture(f"{origin}/{n}", origin, **more) for n in range(count)]


def world(path: Path, pictures: Iterable[Picture]) -> Store:
    """Make a manifest of ``pictures``, in the given order, as loose files of one source."""
    manifest = store.open_for_writing(path)
    rows = list(enumerate(pictures, start=1))
    manifest.execute(
        "insert into container by name select 1 as container_id, 'world' as source, '' as path, 'folder' as kind,"
        " [] as volumes, 0 as size, '' as fingerprint, 'complete' as status, 0 as listed"
    )
    if rows:
        manifest.insert("member", pa.Table.from_pylist([_member(number, picture) for number, picture in rows]))
        manifest.insert("attributes", pa.Table.from_pylist([_attributes(*row) for row in rows], schema=_ATTRIBUTES))
        seen = [_inspection(*row) for row in rows if row[1].inspected]
        manifest.insert("inspection", pa.Table.from_pylist(seen, schema=INSPECTION_SCHEMA))
    return manifest


_TEXTS = (
    "source",
    "file_id",
    "origin",
    "generator",
    "description",
    "positive_prompt",
    "negative_prompt",
    "conditioning",
)
_ATTRIBUTES = pa.schema(
    [
        ("member_id", pa.int64()),
        *((name, pa.string()) for name in _TEXTS),
        ("label", pa.int8()),
        ("paired_real_images", pa.list_(pa.string())),
        ("status", pa.string()),
        ("reason", pa.string()),
    ]
)


def inspection_rows(pictures: Iterable[Picture]) -> list[dict[str, object]]:
    """Return rows of the table ``inspection`` for ``pictures``; see :func:`world` for their ids."""
    return [_inspection(number, picture) for number, picture in enumerate(pictures, start=1)]


def _member(number: int, picture: Picture) -> dict[str, object]:
    place = {"member_id": number, "container_id": 1, "ordinal": number - 1}
    size = 1000 + number if picture.content is None else crc32(picture.content.encode())
    return place | {"path": f"{picture.file_id}.png", "size": size, "access": "file"}


def _attributes(number: int, picture: Picture) -> dict[str, object]:
    return {
        **dict.fromkeys(_TEXTS, ""),
        "member_id": number,
        "source": picture.source,
        "file_id": picture.file_id,
        "origin": picture.origin,
        "generator": picture.generator,
        "positive_prompt": picture.prompt,
        "label": int(bool(picture.generator)),
        "paired_real_images": list(picture.paired),
        "status": picture.status,
        "reason": None if picture.status == "ok" else f"was {picture.status}",
    }


def _inspection(number: int, picture: Picture) -> dict[str, object]:
    return {
        "member_id": number,
        "hash": picture.content or f"content of {picture.file_id}",
        "byte_size": picture.file_size or 1000 + len(picture.file_id),
        "width": picture.side,
        "height": picture.side,
        "format": picture.format,
        "mode": "RGB",
        "jpeg_quality": picture.jpeg_quality,
        "has_exif": False,
        "phash": picture.phash,
        "phash_256": picture.phash_256,
        "status": picture.inspected,
    }
