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

__all__ = ["Level", "without_metadata"]


def without_metadata(data: bytes, image_format: str, level: Level, orientation: int = 1) -> bytes | None:
    """Return a copy without the metadata of ``level``; None if there is none to remove, or the format has none.

    ``orientation`` (EXIF, 1 to 8) is kept as the only EXIF tag of the copy, unless it is 1.
    """
    copy = _COPIES.get(image_format)
    found = copy(data, level, exif_of(orientation)) if copy else data
    return None if found == data else found
