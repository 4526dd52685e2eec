"""Collect the blocks of a file that traits are read from: JPEG segments, chunks of PNG and WebP, blocks of GIF."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

from indexer.images.metadata import gif, jpeg, png, webp

_APP1, _APP11, _COM, _SCAN, _TABLES = 0xE1, 0xEB, 0xFE, 0xDA, 0xDB
_PROGRESSIVE = frozenset([0xC2, 0xC6, 0xCA, 0xCE])
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_KEY = "XML:com.adobe.xmp"
_SUBSAMPLINGS = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (1, 2): "4:4:0", (4, 1): "4:1:1", (4, 2): "4:1:0"}
_TEXT_LIMIT = 1_000_000  # bytes of a compressed text that are unpacked
_C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


@dataclass(slots=True)
class Blocks:
    """The blocks of a file.

    Attributes:
        order: the kinds of all blocks in their order, equal neighbours once.
        settings: of the encoder: quantisation tables, sampling factors, flags of zlib.
        descriptions: XMP packets and C2PA manifests.
        keys: keywords of a PNG's texts.
        software: the PNG text of that keyword.
    """

    order: list[str] = field(default_factory=list)
    settings: bytes = b""
    descriptions: bytes = b""
    keys: set[str] = field(default_factory=set)
    software: str = ""
    has_xmp: bool = False
    has_c2pa: bool = False
    has_comment: bool = False
    is_progressive: bool | None = None
    is_interlaced: bool | None = None
    subsampling: str | None = None
    bit_depth: int | None = None

    def add(self, kind: str) -> None:
        """Add the kind of the next block."""
        if self.order[-1:] != [kind]:
            self.order.append(kind)


def blocks_of(data: bytes, image_format: str) -> Blocks:
    """Return the blocks of a file of the given format. A damaged block is skipped, so some may be missing."""
    found = Blocks()
    _READERS.get(image_format, _boxes)(data, found)
    return found


def _jpeg(data: bytes, found: Blocks) -> None:
    for marker, segment in jpeg.segments(data):
        if marker == _SCAN:
            return
        payload = segment[4:]
        is_xmp = marker == _APP1 and payload.startswith(_XMP)
        has_c2pa = marker == _APP11 and payload.startswith(b"JP") and b"c2pa" in payload
        found.add(f"{marker:02x}{payload[:5].hex() if 0xE0 <= marker <= 0xEF else ''}")
        found.has_comment |= marker == _COM
        found.has_xmp |= is_xmp
        found.has_c2pa |= has_c2pa
        if is_xmp or marker == _APP11:
            found.descriptions += payload
        elif marker == _TABLES:
            found.settings += payload
        elif marker in jpeg.FRAMES and len(payload) > 5:
            found.settings += payload[5:]
            found.bit_depth = payload[0]
            found.is_progressive = marker in _PROGRESSIVE
            found.subsampling = _subsampling(payload)


def _subsampling(frame: bytes) -> str | None:
    """Return the chroma subsampling of a frame header (ITU-T T.81, B.2.2); None if its components are unusual."""
    factors = [(byte >> 4, byte & 15) for byte in frame[7 : 6 + 3 * frame[5] : 3]]
    if len(factors) < 3:
        return "4:0:0" if factors else None
    (width, height), *chroma = factors[:3]
    if len(set(chroma)) > 1 or 0 in chroma[0] or width % chroma[0][0] or height % chroma[0][1]:
        return None
    return _SUBSAMPLINGS.get((width // chroma[0][0], height // chroma[0][1]))


def _png(data: bytes, found: Blocks) -> None:
    for name, chunk in png.chunks(data):
        body = chunk[8:-4]
        if name == b"IHDR" and len(body) >= 13:
            found.bit_depth, found.is_interlaced = body[8], body[12] != 0
        elif name == b"IDAT" and found.order[-1:] != ["IDAT"]:
            found.settings += body[:2]  # method and level of zlib
        elif name in png.TEXTS:
            _add_text(name, body, found)
        elif name == b"caBX":
            found.has_c2pa = True
            found.descriptions += body
        found.add(name.decode("latin-1"))


def _add_text(name: bytes, body: bytes, found: Blocks) -> None:
    """Add a text chunk (PNG specification, section 11.3.3)."""
    keyword, _, rest = body.partition(b"\0")
    key = keyword[:79].decode("latin-1")
    if key == _XMP_KEY:
        found.has_xmp = True
        found.descriptions += _unpacked(rest)
        return
    found.keys.add(key)
    if key == "Software" and name == b"tEXt":
        found.software = rest.decode("latin-1")


def _unpacked(text: bytes) -> bytes:
    """Return the text of an iTXt chunk after its keyword."""
    packed = text[2:].split(b"\0", 2)[-1]
    if text[:1] != b"\1":
        return packed
    try:
        return zlib.decompressobj().decompress(packed, _TEXT_LIMIT)
    except zlib.error:
        return b""


def _webp(data: bytes, found: Blocks) -> None:
    for name, chunk in webp.chunks(data):
        found.add(name.decode("latin-1"))
        if name in (b"XMP ", b"C2PA"):
            found.has_xmp |= name == b"XMP "
            found.has_c2pa |= name == b"C2PA"
            found.descriptions += chunk[8:]


def _gif(data: bytes, found: Blocks) -> None:
    for label, block in gif.blocks(data):
        kind = block[3:14].decode("latin-1") if label == 0xFF else ""
        found.add(f"{block[:6].decode('latin-1') if label is None and not found.order else label}{kind}")
        found.has_comment |= label == 0xFE
        found.has_xmp |= kind == "XMP DataXMP"
        found.has_c2pa |= kind.startswith("C2PA_GIF")
        if kind:
            found.descriptions += block
        if label is None and block[:1] == b"," and len(block) > 9 and found.is_interlaced is None:
            found.is_interlaced = bool(block[9] & 0x40)


def _boxes(data: bytes, found: Blocks) -> None:
    """Search a file whose blocks are not walked for the marks of XMP and C2PA."""
    found.has_xmp = b"<x:xmpmeta" in data
    found.has_c2pa = _C2PA_UUID in data or b"jumdc2pa" in data
    found.descriptions = data if found.has_xmp or found.has_c2pa else b""


_READERS: dict[str, Callable[[bytes, Blocks], None]] = {
    "JPEG": _jpeg,
    "MPO": _jpeg,
    "PNG": _png,
    "WEBP": _webp,
    "GIF": _gif,
}
