"""Image formats: file name suffixes, first bytes, and the decoder, if the program reads the format.

This is the only list. Scans take it for what is an image, inspection for what is decoded, and SQL for the suffixes of
images. To read another format, name its decoder of Pillow here. Formats without a decoder are listed and then reported
as ``unsupported_format``.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageFormat:
    """An image format.

    Attributes:
        name: as Pillow spells it.
        suffixes: of file names, in lower case, without the dot.
        signature: a pattern for the first bytes; None if the format has no signature.
        decoder: the name of Pillow's decoder; None if images of this format are not decoded.
    """

    name: str
    suffixes: tuple[str, ...]
    signature: bytes | None
    decoder: str | None = None

    def begins(self, head: bytes) -> bool:
        """Return whether a file with the first bytes ``head`` (32 are enough) has this format's signature."""
        return self.signature is not None and re.match(self.signature, head, re.DOTALL) is not None


# Decoders of EPS, PDF, WMF and others start programs or have a record of overflows: they never see untrusted bytes.
# JPEGs of several pictures (MPO) come with JPEG.
FORMATS = (
    ImageFormat("JPEG", ("jpg", "jpeg", "jpe", "jfif"), rb"\xff\xd8\xff", "JPEG"),
    ImageFormat("PNG", ("png",), rb"\x89PNG\r\n\x1a\n", "PNG"),
    ImageFormat("WEBP", ("webp",), rb"RIFF.{4}WEBP", "WEBP"),
    ImageFormat("GIF", ("gif",), rb"GIF8[79]a", "GIF"),
    ImageFormat("TIFF", ("tif", "tiff"), rb"II[*+]\0|MM\0[*+]", "TIFF"),
    ImageFormat("BMP", ("bmp", "dib"), rb"BM", "BMP"),
    ImageFormat("AVIF", ("avif",), rb".{4}ftypavi[fs]"),
    ImageFormat("HEIF", ("heic", "heif"), rb".{4}ftyp(?:hei[cmsx]|hev[cx]|mif1|msf1)"),
    ImageFormat("JPEG2000", ("jp2", "j2k"), rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51"),
    ImageFormat("JXL", ("jxl",), rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n"),
    ImageFormat("PPM", ("ppm", "pgm", "pbm", "pnm"), rb"P[1-7]\s"),
    ImageFormat("TGA", ("tga",), None),
    ImageFormat("ICO", ("ico",), rb"\x00\x00\x01\x00"),
)
SUFFIXES = frozenset(suffix for image in FORMATS for suffix in image.suffixes)
DECODERS = tuple(image.decoder for image in FORMATS if image.decoder)
# The end of an image's file name: a pattern for Python's re, Arrow and DuckDB.
NAME_END = rf"(?i)\.(?:{'|'.join(sorted(SUFFIXES))})$"


def undecoded_format(head: bytes) -> str | None:
    """Return the name of the format of a file that begins with ``head`` if images of this format are not decoded."""
    return next((image.name for image in FORMATS if not image.decoder and image.begins(head)), None)
