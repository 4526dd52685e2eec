"""Renditions: an image resized, cropped and encoded anew, once and with fixed settings."""

from dataclasses import dataclass

from PIL import Image

from indexer.base.errors import BadData
from indexer.base.toml_fields import Fields
from indexer.images.decoding import codec_errors
from indexer.images.encoding import encode
from indexer.images.jpeg_encoding import JpegEncoding
from indexer.images.png_encoding import encode_png

AS_REAL = "real"  # the value of ``jpeg`` in a recipe
MOST_PIXELS = 16_384  # of a side


@dataclass(frozen=True, slots=True)
class Rendition:
    """What is done to an image, in this order. None: the step is left out; without an encoder, the result is a PNG.

    Attributes:
        long_side: pixels of the longer side; the image is enlarged or reduced (Lanczos).
        crop: pixels of both sides of the square that is cut from the centre.
        jpeg: quality, 1 to 100; 4:2:0, baseline, standard Huffman tables.
        webp: quality, 1 to 100; lossy. Not with ``jpeg``.
        as_real: instead of ``jpeg``: a fake is encoded as its real image is, with ``encoding``; PNG without one.
        pairs: a hash of the encodings of all fakes.
    """

    long_side: int | None = None
    crop: int | None = None
    jpeg: int | None = None
    webp: int | None = None
    as_real: bool = False
    encoding: JpegEncoding | None = None
    pairs: str = ""

    def __str__(self) -> str:
        steps = {name: value for name, value in self.described().items() if name != "pairs" and value is not None}
        return " ".join(f"{name} {value}" for name, value in steps.items())

    def described(self) -> dict[str, int | str | None]:
        """Return the steps as plan keys and records hold them: later ones only if they are done."""
        jpeg = AS_REAL if self.as_real else self.jpeg
        steps: dict[str, int | str | None] = {"long_side": self.long_side, "crop": self.crop, "jpeg": jpeg}
        later = {"webp": self.webp, "pairs": self.pairs}
        return steps | {name: value for name, value in later.items() if value}

    @property
    def moves_pixels(self) -> bool:
        """Whether the image gets another size."""
        return bool(self.long_side or self.crop)

    @property
    def suffix(self) -> str:
        """The file name suffix of the result."""
        return "jpg" if self.jpeg or self.encoding else "webp" if self.webp else "png"


def rendition_of(fields: Fields) -> Rendition | None:
    """Return the table ``[align]`` of a recipe; None if it has none."""
    if not fields.values:
        return None
    as_real = fields.values.get("jpeg") == AS_REAL
    found = Rendition(
        long_side=fields.integer("long_side", None, (1, MOST_PIXELS)),
        crop=fields.integer("crop", None, (1, MOST_PIXELS)),
        jpeg=None if as_real else fields.integer("jpeg", None, (1, 100)),
        as_real=as_real,
    )
    fields.read_keys.add("jpeg")
    fields.close()
    return found


def render(picture: Image.Image, rendition: Rendition) -> tuple[bytes, Image.Image]:
    """Return the encoded rendition of an RGB image, and its pixels before encoding.

    Raises:
        BadData: too_small: a side is shorter than the crop; too_large: a side is longer than the format permits.
    """
    with codec_errors():
        if rendition.long_side:
            longer = max(picture.size)
            size = [max(1, round(side * rendition.long_side / longer)) for side in picture.size]
            picture = picture.resize((size[0], size[1]), Image.Resampling.LANCZOS)
        if rendition.crop:
            picture = _centre(picture, rendition.crop)
        return _encoded(picture, rendition), picture


def _encoded(picture: Image.Image, rendition: Rendition) -> bytes:
    baseline = {"optimize": False, "progressive": False}
    if rendition.jpeg:
        return encode(picture, "JPEG", quality=rendition.jpeg, subsampling="4:2:0", **baseline)
    if rendition.encoding:
        tables, sampling = [list(table) for table in rendition.encoding.tables], rendition.encoding.subsampling
        return encode(picture, "JPEG", qtables=tables, subsampling=sampling, **baseline)
    if rendition.webp:
        return encode(picture, "WEBP", quality=rendition.webp, method=4)
    return encode_png(picture)


def _centre(picture: Image.Image, side: int) -> Image.Image:
    if min(picture.size) < side:
        width, height = picture.size
        raise BadData("too_small", f"{width} x {height} has no square of {side} pixels")
    left, top = ((length - side) // 2 for length in picture.size)
    return picture.crop((left, top, left + side, top + side))
