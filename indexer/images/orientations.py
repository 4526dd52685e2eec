"""Perceptual hashes of an image as it is, mirrored and turned."""

from collections.abc import Mapping
from types import MappingProxyType

from PIL import Image

from indexer.images.decoding import codec_errors
from indexer.images.models import Depth, ImageLimits
from indexer.images.phash import looks
from indexer.images.shown import open_shown

# Degrees are counterclockwise; mirrored is left to right, before turning.
_TURNS: Mapping[str, Image.Transpose] = MappingProxyType(
    {
        "mirrored": Image.Transpose.FLIP_LEFT_RIGHT,
        "turned by 90": Image.Transpose.ROTATE_90,
        "turned by 180": Image.Transpose.ROTATE_180,
        "turned by 270": Image.Transpose.ROTATE_270,
        "mirrored, turned by 90": Image.Transpose.TRANSPOSE,
        "mirrored, turned by 180": Image.Transpose.FLIP_TOP_BOTTOM,
        "mirrored, turned by 270": Image.Transpose.TRANSVERSE,
    }
)


def turned_looks(data: bytes, limits: ImageLimits | None = None) -> list[dict[str, int | str | None]]:
    """Return the hashes of an image mirrored and turned in seven ways, each with its name as ``turned``.

    Raises:
        BadData: it cannot be decoded.
    """
    shown = open_shown(data, limits, Depth(reduced_to=(64, 64)))
    with codec_errors():
        return [{"turned": name, **looks(shown.image.transpose(turn))} for name, turn in _TURNS.items()]
