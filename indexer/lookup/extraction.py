"""Write single images to a folder, under names that are safe on every system."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from indexer.base import durable, image_formats
from indexer.base.errors import OutputError
from indexer.containers.kinds import suffix_of
from indexer.lookup.locating import LocatedImage

_LONGEST = 150  # bytes of a name without its suffix; file systems allow 255
# Device names of Windows.
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)$")


def safe_name(file_id: str, data: bytes) -> str:
    """Return the file name for an image: letters, digits, ``.``, ``-`` and ``_``, with the suffix of its format.

    ``/`` becomes ``_``. A name that is changed otherwise ends in a hash of the file_id.
    """
    stem, suffix = file_id, suffix_of(file_id)
    if suffix in image_formats.SUFFIXES:
        stem = file_id[: -len(suffix) - 1]
    else:
        known = image_formats.format_of(data)
        suffix = known.suffixes[0] if known else "bin"
    plain = stem.replace("/", "_")
    name = re.sub(r"[^\w.-]+", "_", plain).strip(".")
    name = name.encode()[:_LONGEST].decode(errors="ignore")
    if name != plain or not name or _RESERVED.match(name):
        return f"{name}-{_hash(file_id)}.{suffix}".lstrip("-")
    return f"{name}.{suffix}"


def _hash(file_id: str) -> str:
    return hashlib.sha256(file_id.encode()).hexdigest()[:8]


def write_images(images: Iterable[tuple[LocatedImage, bytes]], folder: Path) -> Iterator[Path]:
    """Write each image unchanged to ``folder`` and yield its path. A file with the same bytes is left as it is.

    Raises:
        OutputError: a file of this name has other bytes, or the folder cannot be written.
    """
    used: set[str] = set()
    for image, data in images:
        path = folder / safe_name(image.file_id, data)
        if path.name.casefold() in used:  # a/b_c and a_b/c
            path = path.with_stem(f"{path.stem}-{_hash(image.file_id)}")
        used.add(path.name.casefold())
        if not path.exists():
            durable.write_bytes(path, data)
        elif path.read_bytes() != data:
            raise OutputError(f"{path} exists with other bytes: name another folder, or remove the file")
        yield path
