"""Copy an image file without its metadata; the coded pixels are not changed.

One module per container of blocks. All of them tolerate damaged blocks, which is why a file is copied at all.
"""

from collections.abc import Callable

from indexer.images.metadata import boxes, gif, jpeg, png, tiff, webp
from indexer.images.metadata.models import Level, exif_of

_COPIES: dict[str, Callable[[bytes, Level, bytes], bytes]] = {
    "JPEG": jpeg.without_metadata,
    "PNG": png.without_metadata,
    "WEBP": webp.without_metadata,
    "GIF": gif.without_metadata,
    "TIFF": tiff.without_metadata,
    "AVIF": boxes.without_avif_metadata,
    "HEIF": boxes.without_avif_metadata,
    "JPEG2000": boxes.without_jpeg2000_metadata,
}

_STRIPPED: dict[str, Callable[[bytes, bytes], bytes]] = {
    "JPEG": jpeg.stripped,
    "MPO": jpeg.stripped,
    "PNG": png.stripped,
    "WEBP": webp.stripped,
    "GIF": gif.stripped,
    "TIFF": tiff.stripped,
    "AVIF": boxes.stripped_avif,
    "JPEG2000": boxes.stripped_jpeg2000,
}

__all__ = ["Level", "stripped", "without_metadata"]


def without_metadata(data: bytes, image_format: str, level: Level, orientation: int = 1) -> bytes | None:
    """Return a copy without the metadata of ``level``; None if there is none to remove, or the format has none.

    ``orientation`` (EXIF, 1 to 8) is kept as the only EXIF tag of the copy, unless it is 1.
    """
    copy = _COPIES.get(image_format)
    found = copy(data, level, exif_of(orientation)) if copy else data
    return None if found == data else found


def stripped(data: bytes, image_format: str, orientation: int = 1) -> bytes:
    """Return a copy of what the pixels depend on: without metadata, and without bytes after the image.

    The copy equals ``data`` if there is nothing to remove, or the format has no metadata. ``orientation`` as in
    :func:`without_metadata`. The file must be sound: blocks that are damaged may be lost.
    """
    copy = _STRIPPED.get(image_format)
    return copy(data, exif_of(orientation)) if copy else data
