"""Encode an image with Pillow, if the format can hold its size."""

import io
from types import MappingProxyType
from typing import Any

from PIL import Image

from indexer.base.errors import BadData

# Pixels per side: libjpeg's JPEG_MAX_DIMENSION; RFC 9649, section 2.5, 14 bits.
LARGEST_SIDE = MappingProxyType({"JPEG": 65_500, "WEBP": 16_383})


def encode(picture: Image.Image, image_format: str, **options: Any) -> bytes:
    """Return an image as a file of a format that Pillow writes, with its options.

    Raises:
        BadData: too_large: the format has no images with such sides.
    """
    largest = LARGEST_SIDE.get(image_format)
    if largest and max(picture.size) > largest:
        width, height = picture.size
        raise BadData("too_large", f"{width} x {height}: a side of a {image_format} has at most {largest:,} pixels")
    target = io.BytesIO()
    picture.save(target, image_format, **options)
    return target.getvalue()
