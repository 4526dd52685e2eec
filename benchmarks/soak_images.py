"""Damage images of every format at random, prepare them as a build does, and open the result with `datasets`.

    python -m benchmarks.soak_images --count 5000 --seed 1

Half of the pictures have damage in their metadata only, the others anywhere. Two numbers must be 0: stored images that
`datasets` cannot open, and images with sound pixels that were refused. Exit status 1 otherwise.
"""

import argparse
import io
import random
import re
import struct
import sys
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Iterator

import datasets
import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

from indexer.base.errors import BadData
from indexer.images import ImageLimits
from materializer.models import Pixels, Settings
from materializer.shards.transform import PreparedImage, prepare

Span = tuple[int, int]
_XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
_COMMENT = b"a comment of some length, which damage may hit"
_MODES = {
    "JPEG": ("RGB", "L", "CMYK"),
    "PNG": ("RGB", "L", "P", "RGBA", "LA", "1", "I;16"),
    "WEBP": ("RGB", "RGBA"),
    "GIF": ("P", "L"),
    "TIFF": ("RGB", "L", "P", "RGBA", "CMYK", "I;16"),
    "BMP": ("RGB", "L", "P"),
    "AVIF": ("RGB", "RGBA"),
    "JPEG2000": ("RGB", "L", "RGBA"),
}


def picture(random_: random.Random, form: str, mode: str) -> bytes:
    """Return an image file with all metadata that Pillow writes in its format."""
    coarse = np.random.default_rng(random_.getrandbits(32)).integers(0, 256, (5, 5, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((random_.randint(8, 90), random_.randint(8, 90)), Image.Resampling.BICUBIC)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    else:
        image = image.convert(mode)
    exif = Image.Exif()
    exif[0x0112] = random_.randint(1, 8)
    exif[0x010F] = "a camera"
    exif.get_ifd(0x8769)[0x9003] = "2020:01:01 00:00:00"
    options: dict[str, object] = {"exif": exif, "icc_profile": _PROFILE, "xmp": _XMP, "comment": _COMMENT}
    if form == "PNG":
        options["pnginfo"] = texts = PngImagePlugin.PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", _XMP.decode())
        texts.add_text("Comment", _COMMENT.decode(), zip=random_.random() < 0.5)
    if form in ("BMP", "GIF", "JPEG2000"):
        options = {"comment": _COMMENT} if form != "BMP" else {}
    if form == "JPEG":
        options["progressive"] = random_.random() < 0.3
    target = io.BytesIO()
    image.save(target, form, **options)
    return target.getvalue()


_PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def metadata_spans(form: str, data: bytes) -> list[Span]:
    """Return the bodies of the metadata blocks of a file, without their lengths."""
    find: Callable[[bytes], Iterator[Span]] | None = {"PNG": _png, "JPEG": _jpeg, "WEBP": _webp}.get(form)
    if find:
        return list(find(data))
    spans = []
    for known in (_PROFILE, _XMP, _COMMENT, b"a camera", b"2020:01:01 00:00:00"):
        spans += [(found.start(), found.end()) for found in re.finditer(re.escape(known), data)]
    return spans


def _png(data: bytes) -> Iterator[Span]:
    at = 8
    while at + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        if name not in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            yield at + 8, at + 12 + length  # with the checksum
        at += 12 + length


def _jpeg(data: bytes) -> Iterator[Span]:
    at = 2
    while data[at + 1] != 0xDA:
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] in (0xE1, 0xE2, 0xFE):
            yield at + 4, at + 2 + length
        at += 2 + length


def _webp(data: bytes) -> Iterator[Span]:
    at = 12
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        if name in (b"EXIF", b"XMP ", b"ICCP"):
            yield at + 8, at + 8 + length
        at += 8 + length + length % 2


def damaged(random_: random.Random, data: bytes, spans: list[Span]) -> bytes:
    """Return a copy with random, zeroed or repeated bytes in some places of the spans."""
    copy = bytearray(data)
    for _ in range(random_.randint(1, 4)):
        start, end = random_.choice(spans)
        at = random_.randrange(start, end)
        length = min(end - at, random_.choice((1, 1, 2, 8, 40)))
        copy[at : at + length] = random_.choice((bytes(length), random_.randbytes(length), b"\xff" * length))
    return bytes(copy)


def recomputed(data: bytes) -> bytes:
    """Return a PNG with right checksums, so that damage of the bodies reaches the parsers."""
    parts, at = [data[:8]], 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        body = data[at + 4 : at + 8 + length]
        parts.append(data[at : at + 4] + body + struct.pack(">I", zlib.crc32(body)))
        at += 12 + length
    return b"".join(parts)


def run(count: int, seed: int) -> Counter[str]:
    """Return how many pictures ended in which way; faults begin with ``FAULT``."""
    random_, ends = random.Random(seed), Counter[str]()
    reader = datasets.Image()
    for number in range(count):
        form = random_.choice(list(_MODES))
        mode = random_.choice(_MODES[form])
        data = picture(random_, form, mode)
        spans = metadata_spans(form, data)
        in_metadata = bool(spans) and number % 2 == 0
        broken = damaged(random_, data, spans if in_metadata else [(0, len(data))])
        if form == "PNG" and in_metadata and random_.random() < 0.7:
            broken = recomputed(broken)
        settings = Settings(pixels=random_.choice((Pixels.RGB, Pixels.RGB, Pixels.VERBATIM, Pixels.JPEG)))
        try:
            made = prepare(broken, None, None, settings, ImageLimits())
        except BadData as bad:
            ends[f"FAULT refused {form} {mode}: {bad}" if in_metadata else f"refused: {bad.reason}"] += 1
            continue
        try:
            shown = reader.decode_example({"bytes": made.data, "path": None})
            same = shown.size == (made.width, made.height) and (not in_metadata or _same_pixels(made, data))
            ends[
                made.transform.partition(" to ")[2] or made.transform if same else f"FAULT other pixels {form} {mode}"
            ] += 1
        except Exception as error:
            ends[f"FAULT datasets cannot open {form} {mode}: {error!r}"[:150]] += 1
    return ends


def _same_pixels(made: PreparedImage, data: bytes) -> bool:
    """Return whether an image that was stored without conversion has the pixels of the undamaged one."""
    if " to " in made.transform:
        return True
    with Image.open(io.BytesIO(made.data)) as stored, Image.open(io.BytesIO(data)) as original:
        return stored.tobytes() == original.tobytes()


def main() -> int:
    """Run the soak and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    ends = run(given.count, given.seed)
    for end, number in sorted(ends.items()):
        print(f"{number:6,} {end}")
    faults = sum(number for end, number in ends.items() if end.startswith("FAULT"))
    print(f"{given.count:,} pictures, {faults:,} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
