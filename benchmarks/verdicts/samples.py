"""Small images of every encoder, to be damaged."""

import io
import shutil
import struct
import subprocess
import zlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image

from indexer.images.metadata.png import SIGNATURE, chunk_of

# Colour types and depths of PNG (third edition, table 8), with the samples per pixel.
_PNG_TYPES = {0: (1, (1, 2, 4, 8, 16)), 2: (3, (8, 16)), 3: (1, (1, 2, 4, 8)), 4: (2, (8, 16)), 6: (4, (8, 16))}
# First column, first row, and steps of the passes of Adam7 (section 8.1).
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_PILLOW = {
    "JPEG": {
        "RGB baseline": {"quality": 90},
        "RGB progressive": {"progressive": True, "quality": 90},
        "RGB optimized": {"optimize": True},
        "RGB 4:4:4": {"subsampling": 0, "quality": 92},
        "RGB restart markers": {"restart_marker_blocks": 5},
        "RGB restart rows, progressive": {"restart_marker_rows": 1, "progressive": True},
        "L baseline": {},
        "L progressive": {"progressive": True},
        "CMYK baseline": {},
        "CMYK progressive": {"progressive": True},
    },
    "WEBP": {
        "RGB lossy": {},
        "RGBA lossy": {},
        "RGB lossless": {"lossless": True},
        "RGBA lossless": {"lossless": True},
        "RGB animated": {"save_all": True},
    },
    "GIF": {"P": {}, "L interlaced": {"interlace": 1}, "P animated": {"save_all": True}},
    "TIFF": {
        **{f"RGB {name}": {"compression": name} for name in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits")},
        **{f"RGB {name}": {"compression": name} for name in ("jpeg", "zstd", "lzma")},
        **{f"1 {name}": {"compression": name} for name in ("group3", "group4", "tiff_ccitt")},
        "I;16 tiff_lzw": {"compression": "tiff_lzw"},
        "L jpeg": {"compression": "jpeg"},
    },
    "BMP": {"RGB": {}, "P": {}, "1": {}},
    "AVIF": {"RGB": {}, "RGBA": {}, "RGB animated": {"save_all": True}},
    "JPEG2000": {"RGB": {}, "L": {}, "RGBA lossless": {"irreversible": False}},
    "PPM": {"RGB": {}, "L": {}, "1": {}},
}


def samples(seed: int) -> dict[str, bytes]:
    """Return files by format and encoder: ``JPEG RGB progressive``. Arithmetic coding needs libjpeg-turbo-progs."""
    found = {}
    for form, kinds in _PILLOW.items():
        for number, (kind, options) in enumerate(kinds.items()):
            pictures = [_picture(seed + number + frame, kind.split()[0]) for frame in range(3)]
            further = {"append_images": pictures[1:]} if options.get("save_all") else {}
            target = io.BytesIO()
            pictures[0].save(target, form, **options, **further)
            found[f"{form} {kind}"] = target.getvalue()
    found |= _pngs(seed)
    if jpegtran := shutil.which("jpegtran"):
        for kind in ("RGB baseline", "RGB progressive", "L baseline"):
            command = [jpegtran, "-arithmetic", *(["-progressive"] if "progressive" in kind else [])]
            made = subprocess.run(command, input=found[f"JPEG {kind}"], capture_output=True, check=True)
            found[f"JPEG arithmetic {kind}"] = made.stdout
    return found


def _picture(seed: int, mode: str) -> Image.Image:
    """Return a smooth picture with some noise: most encoders store it in more than 4,096 bytes."""
    chance = np.random.default_rng(seed)
    coarse = Image.fromarray(chance.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize((152, 117), Image.Resampling.BICUBIC)).astype(np.int16)
    image = Image.fromarray((smooth + chance.integers(-12, 13, smooth.shape)).clip(0, 255).astype(np.uint8))
    if mode == "I;16":
        return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    if mode == "RGBA":
        image.putalpha(image.convert("L"))
    return image.convert(mode)


def _pngs(seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield PNGs of all colour types, depths and orders of pixels, with random filters and several chunks of pixels."""
    chance = np.random.default_rng(seed)
    width, height = 75, 58
    for kind, (channels, depths) in _PNG_TYPES.items():
        for depth in depths:
            for interlaced in (0, 1):
                header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced)
                passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
                rows = b"".join(
                    _rows(chance, len(range(x, width, right)) * channels * depth, len(range(y, height, down)))
                    for x, y, right, down in passes
                )
                packed = zlib.compress(rows, int(chance.integers(0, 10)))
                cut = len(packed) // 3
                chunks = [(b"IHDR", header), (b"tEXt", b"Comment\0of some length"), (b"IDAT", packed[:cut])]
                if kind == 3:
                    chunks.insert(1, (b"PLTE", chance.bytes(3 * min(200, 1 << depth))))
                chunks += [(b"IDAT", packed[cut:]), (b"IEND", b"")]
                name = f"PNG type {kind}, {depth} bits{', interlaced' if interlaced else ''}"
                yield name, SIGNATURE + b"".join(chunk_of(*chunk) for chunk in chunks)


def _rows(chance: np.random.Generator, bits: int, height: int) -> bytes:
    rows: npt.NDArray[np.uint8] = chance.integers(0, 24, (height, 1 + (bits + 7) // 8), dtype=np.uint8)
    rows[:, 0] %= 5
    return rows.tobytes()
