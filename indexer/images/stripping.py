"""Remove the metadata of an image without changing a coded pixel."""

from indexer.base.errors import BadData
from indexer.images.metadata import Level, stripped, without_metadata
from indexer.images.models import Depth, ImageLimits
from indexer.images.shown import ShownImage, open_shown

_SMALL_COLOURS = Depth((1, 1), "RGB")  # a JPEG at an eighth of its size: all of its data are read


def strip(data: bytes, limits: ImageLimits) -> bytes:
    """Return an image without metadata; readers show the same pixels, which is checked. The bytes may be equal.

    Raises:
        BadData: as :func:`~indexer.images.open_shown`; metadata_needed: another picture appears without the metadata.
    """
    shown = open_shown(data, limits, _SMALL_COLOURS)
    image_format, orientation = shown.header.format, shown.orientation if shown.header.format != "TIFF" else 1
    for copy in (
        stripped(shown.data, image_format, orientation),
        without_metadata(shown.data, image_format, Level.ALL, orientation),
    ):
        if copy == data or (copy is not None and _is_same(shown, copy, limits)):
            return copy
    raise BadData("metadata_needed", "readers show another picture without its metadata")


def _is_same(shown: ShownImage, copy: bytes, limits: ImageLimits) -> bool:
    try:
        found = open_shown(copy, limits, _SMALL_COLOURS)
    except BadData:
        return False
    sizes = {(one.header.width, one.header.height, one.image.mode) for one in (shown, found)}
    return len(sizes) == 1 and not found.metadata_removed and _pixels(shown) == _pixels(found)


def _pixels(shown: ShownImage) -> bytes:
    """Return the pixels, with the colours of a palette."""
    return (shown.image.convert("RGBA") if shown.image.mode == "P" else shown.image).tobytes()
