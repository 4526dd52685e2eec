"""Read located images: their bytes, or their pixels."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from PIL import Image

from indexer.base.errors import BadData, ImageError
from indexer.containers.open_containers import OpenContainers
from indexer.images import ImageLimits, open_shown
from indexer.lookup.locating import LocatedImage


def read_each(images: Sequence[LocatedImage], containers: OpenContainers) -> Iterator[tuple[LocatedImage, bytes]]:
    """Yield each image with its bytes, container by container.

    Raises:
        ImageError: an image cannot be read.
        SourceError: a container is missing or has changed since it was scanned.
    """
    for container, group in groupby(images, key=lambda image: image.container):
        by_key = {image.member.key: image for image in group}
        for key, data in containers.read(container, [image.member for image in by_key.values()]):
            if isinstance(data, BadData):
                raise image_error(by_key[key], data)
            yield by_key[key], data


def pixels(image: LocatedImage, data: bytes, limits: ImageLimits) -> Image.Image:
    """Return the first frame of an image in its stored mode, upright.

    Raises:
        ImageError: the bytes cannot be decoded.
    """
    try:
        return open_shown(data, limits).image
    except BadData as bad:
        raise image_error(image, bad) from bad


def image_error(image: LocatedImage, bad: BadData) -> ImageError:
    """Return the error that names the image, its location and the reason."""
    return ImageError(f"{image.file_id}: {bad} ({image.place})")
