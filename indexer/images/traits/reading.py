"""Read the traits of an image from its blocks and from what its decoder found."""

import hashlib
import io
import re
from functools import lru_cache

from PIL import ImageCms

from indexer.images.models import Traits
from indexer.images.shown import ShownImage
from indexer.images.traits.blocks import Blocks, blocks_of

# IPTC's vocabulary of digital source types, in XMP and in C2PA manifests.
_SOURCE_TYPE = re.compile(rb"digitalsourcetype/(\w{1,64})", re.IGNORECASE)
_BITS = {"1": 1, "I": 32, "F": 32}
_LONGEST = 200  # characters of a text that are kept


def traits_of(data: bytes, shown: ShownImage) -> Traits:
    """Return the traits of an image; ``data`` are its stored bytes, metadata included."""
    found = blocks_of(data, shown.header.format)
    profile = shown.image.info.get("icc_profile")
    return Traits(
        software=_text(shown.software or found.software),
        camera_make=_text(shown.camera_make),
        text_keys=_text(", ".join(sorted(found.keys))),
        source_type=_source_type(found),
        icc_profile=_profile_name(profile) if profile else None,
        has_xmp=found.has_xmp,
        has_c2pa=found.has_c2pa,
        has_comment=found.has_comment,
        has_alpha=shown.image.has_transparency_data,
        bit_depth=found.bit_depth or _bit_depth(shown),
        subsampling=found.subsampling,
        is_progressive=found.is_progressive,
        is_interlaced=found.is_interlaced,
        encoder=_encoder(found, shown.header.format),
    )


def _text(value: object) -> str | None:
    """Return a text without control characters; None if nothing is left."""
    plain = " ".join("".join(one if one.isprintable() else " " for one in str(value or "")).split())
    return plain[:_LONGEST] or None


def _source_type(found: Blocks) -> str | None:
    match = _SOURCE_TYPE.search(found.descriptions)
    return match[1].decode() if match else None


@lru_cache(256)
def _profile_name(profile: bytes) -> str:
    """Return the name of a colour profile; ``unnamed`` if it has none, or is damaged."""
    try:
        name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        name = ""
    return _text(name) or "unnamed"


def _bit_depth(shown: ShownImage) -> int:
    """Return the bits per sample of the decoder's mode."""
    mode = shown.header.mode
    if shown.samples:
        return shown.samples.bits
    return 16 if ";16" in mode else _BITS.get(mode, 8)


def _encoder(found: Blocks, image_format: str) -> str:
    """Return the format and a digest of order and settings: equal for files of one encoder with equal settings."""
    if not found.order:
        return image_format
    digest = hashlib.sha256(" ".join(found.order).encode() + b"\n" + found.settings).hexdigest()
    return f"{image_format} {digest[:12]}"
