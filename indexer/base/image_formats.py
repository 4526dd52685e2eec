"""Image formats: file name suffixes, first bytes, and the decoder, if the program reads the format.

This is the only list. Scans take it for what is an image, inspection for what is decoded, SQL for the suffixes of
images, and a test compares it with the table of docs/images.md. To read another format, name its decoder here. Formats
without a decoder are listed and then reported as ``unsupported_format``.
"""

import re
from dataclasses import dataclass
from functools import cache

EXTRA = "formats"  # the extra with the plugins
_BRANDS_SIZE = 4096  # bytes of a file in which the brands of AVIF and HEIF are searched


@dataclass(frozen=True, slots=True)
class ImageFormat:
    """An image format.

    Attributes:
        name: as Pillow spells it.
        suffixes: of file names, in lower case, without the dot.
        signature: a pattern for the first bytes; None if the format has no signature.
        decoder: the name of Pillow's decoder; None if images of this format are not decoded.
        brands: of the ``ftyp`` box, which replaces the signature; one of them is the main or a compatible brand.
        plugin: the module that adds the decoder to Pillow; None if Pillow has it. Programs without the plugin cannot
            open such images.
    """

    name: str
    suffixes: tuple[str, ...]
    signature: bytes | None = None
    decoder: str | None = None
    brands: tuple[bytes, ...] = ()
    plugin: str | None = None

    def begins(self, data: bytes) -> bool:
        """Return whether a file with the first bytes ``data`` has this format's signature.

        32 bytes are enough, except for compatible brands, EMF, SVG and XBM.
        """
        if self.brands:
            return not self.brands_of(data).isdisjoint(self.brands)
        return self.signature is not None and re.match(self.signature, data, re.DOTALL) is not None

    @staticmethod
    def brands_of(data: bytes) -> frozenset[bytes]:
        """Return the main and the compatible brands (ISO/IEC 14496-12, section 4.3); none if there is no such box."""
        if data[4:8] != b"ftyp":
            return frozenset()
        end = min(int.from_bytes(data[:4], "big"), len(data), _BRANDS_SIZE)
        return frozenset([data[8:12], *(data[at : at + 4] for at in range(16, end - 3, 4))])


# Decoders of EPS, PDF, WMF and others start programs or have a record of overflows: they never see untrusted bytes.
# JPEGs of several pictures (MPO) come with JPEG. AVIF precedes HEIF: both may have the general brands mif1 and msf1.
FORMATS = (
    ImageFormat("JPEG", ("jpg", "jpeg", "jpe", "jfif", "mpo"), rb"\xff\xd8\xff", "JPEG"),
    ImageFormat("PNG", ("png", "apng"), rb"\x89PNG\r\n\x1a\n", "PNG"),
    ImageFormat("WEBP", ("webp",), rb"RIFF.{4}WEBP", "WEBP"),
    ImageFormat("GIF", ("gif",), rb"GIF8[79]a", "GIF"),
    ImageFormat("TIFF", ("tif", "tiff"), rb"II[*+]\0|MM\0[*+]", "TIFF"),
    ImageFormat("BMP", ("bmp", "dib"), rb"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0", "BMP"),
    ImageFormat("AVIF", ("avif",), None, "AVIF", (b"avif", b"avis")),
    ImageFormat("JPEG2000", ("jp2", "j2k", "jpx", "jpf", "j2c", "jpc"),
                rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51", "JPEG2000"),
    ImageFormat("HEIF", ("heic", "heif", "hif"), None, "HEIF",
                (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"),
                "pillow_heif.HeifImagePlugin"),
    ImageFormat("JXL", ("jxl",), rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n", "JXL", plugin="pillow_jxl"),
    ImageFormat("PPM", ("ppm", "pgm", "pbm", "pnm"), rb"P[1-6]\s+[#0-9]", "PPM"),
    # A BMP without its file header: sizes of headers, one plane, and the bits of a pixel (BITMAPINFOHEADER and others).
    ImageFormat("DIB", (), rb"[\x28\x34\x38\x40\x6c\x7c]\0{3}.{8}\x01\0[\x01\x04\x08\x10\x18\x20]\0"),
    ImageFormat("PFM", ("pfm",), rb"P[Ff]\s+[#0-9]"),
    ImageFormat("ICO", ("ico", "cur"), rb"\0\0[\x01\x02]\0[^\0]"),
    ImageFormat("PSD", ("psd", "psb"), rb"8BPS"),
    ImageFormat("EXR", ("exr",), rb"\x76\x2f\x31\x01"),
    ImageFormat("HDR", ("hdr",), rb"#\?(?:RADIANCE|RGBE)"),
    ImageFormat("DDS", ("dds",), rb"DDS "),
    ImageFormat("QOI", ("qoi",), rb"qoif"),
    ImageFormat("JPEGXR", ("jxr", "wdp", "hdp"), rb"II\xbc\x01"),
    ImageFormat("FLIF", ("flif",), rb"FLIF"),
    ImageFormat("BPG", ("bpg",), rb"BPG\xfb"),
    ImageFormat("ICNS", ("icns",), rb"icns"),
    ImageFormat("SGI", ("sgi",), rb"\x01\xda[\0\x01][\x01\x02]\0"),
    ImageFormat("PCX", ("pcx",), rb"\x0a[\0\x02-\x05]\x01[\x01\x02\x04\x08]"),
    ImageFormat("FITS", ("fits",), rb"SIMPLE  ="),
    ImageFormat("DPX", ("dpx",), rb"SDPX|XPDS"),
    ImageFormat("SUN", ("ras",), rb"\x59\xa6\x6a\x95"),
    ImageFormat("XPM", ("xpm",), rb"/\* XPM \*/"),
    ImageFormat("XBM", ("xbm",), rb"#define [^\s]{1,200}_width\s"),
    # Documents of vector graphics: they are named if an image has their content, and no file of theirs is an image.
    ImageFormat("SVG", (), rb"(?:\xef\xbb\xbf)?\s{0,99}(?:<\?xml[^>]{0,999}>\s{0,99})?"
                rb"(?><!(?:--.{0,999}?--|DOCTYPE svg[^>]{0,999})>\s{0,99}){0,3}<svg[\s>]"),
    ImageFormat("EPS", (), rb"%!PS|\xc5\xd0\xd3\xc6"),
    ImageFormat("PDF", (), rb"%PDF-"),
    ImageFormat("WMF", (), rb"\xd7\xcd\xc6\x9a|\x01\0\0\0.{36} EMF"),
    # No magic number: fields of the header that fit each other (Truevision TGA 2.0, section "Header").
    ImageFormat("TGA", ("tga",), rb".(?:\0[\x02\x03\x0a\x0b]\0{5}|\x01[\x01\x09].{5}).{8}[\x01\x08\x0f\x10\x18\x20]"),
)  # fmt: skip
SUFFIXES = frozenset(suffix for image in FORMATS for suffix in image.suffixes)
# The end of an image's file name: a pattern for Python's re, Arrow and DuckDB.
NAME_END = rf"(?i)\.(?:{'|'.join(sorted(SUFFIXES))})$"


def format_of(data: bytes) -> ImageFormat | None:
    """Return the format of a file that begins with ``data``, by its first bytes; None if they are of no image."""
    return next((image for image in FORMATS if image.begins(data)), None)


@cache
def by_name(name: str) -> ImageFormat | None:
    """Return the format that Pillow calls ``name``; MPO is a JPEG."""
    return next((image for image in FORMATS if image.name == ("JPEG" if name == "MPO" else name)), None)
