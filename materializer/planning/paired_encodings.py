"""Find the JPEG encoding of the real image that belongs to each fake, for ``[align] jpeg = "real"``."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from indexer.base.errors import RecipeError
from indexer.containers.open_containers import OpenContainers
from indexer.images.jpeg_encoding import JpegEncoding, encoding_of
from indexer.lookup.locating import locate
from indexer.lookup.reading import read_each
from indexer.manifest.store import Store
from materializer.models import Request

_LOSSLESS = ("PNG",)

Row = Mapping[str, Any]


def paired_encodings(store: Store, request: Request) -> dict[str, JpegEncoding | None]:
    """Return the encoding of each fake by file_id; None if its real image is a PNG. Fakes without one are left out.

    One real image is read for each combination of quantisation tables and subsampling.

    Raises:
        RecipeError: the real images were not inspected.
        ImageError, SourceError: a real image cannot be read.
    """
    rows = store.arrow("plan/paired_encodings", {"selection": request.selection}).to_pylist()
    if any(row["format"] is None for row in rows):
        raise RecipeError(
            f'[align] jpeg = "real" needs the encodings of real images: run \'python -m indexer inspect'
            f" {request.selection}' and inspect the real images that belong to its fakes"
        )
    examples: dict[tuple[str, str], str] = {}
    for row in rows:
        if row["format"] == "JPEG":
            examples.setdefault(_key(row), row["real_id"])
    encodings = _read(store, request, examples)
    found: dict[str, JpegEncoding | None] = {}
    for row in rows:
        encoding = encodings.get(_key(row)) if row["format"] == "JPEG" else None
        if encoding or row["format"] in _LOSSLESS:
            found[row["file_id"]] = encoding
    return found


def digest_of(encodings: Mapping[str, JpegEncoding | None]) -> str:
    """Return a hash of all encodings, for the keys of shards."""
    listed = sorted((name, [one.tables, one.subsampling] if one else None) for name, one in encodings.items())
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()[:16]


def _key(row: Row) -> tuple[str, str]:
    return row["qtables_hash"] or "", row["subsampling"] or ""


def _read(
    store: Store, request: Request, examples: Mapping[tuple[str, str], str]
) -> dict[tuple[str, str], JpegEncoding | None]:
    """Return the encoding of one real image for each key."""
    if not examples:
        return {}
    keys = {file_id: key for key, file_id in examples.items()}
    located = locate(store, request.roots, list(keys))
    with closing(OpenContainers(request.limits)) as containers:
        return {keys[image.file_id]: encoding_of(data) for image, data in read_each(located, containers)}
